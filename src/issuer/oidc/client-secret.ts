// The secret of our client at the provider: out of the environment, or out of a file that an orchestrator mounts. It is read once, at the start.

import { readFile } from 'node:fs/promises'
import type { ProviderConfig } from '../../provider-config.ts'
import { StartRefused } from '../../run.ts'

/** The secret; what is wrong with its file is thrown as a sentence, which never holds it. */
export async function readClientSecret({ clientSecret }: ProviderConfig): Promise<string> {
  if ('value' in clientSecret) return clientSecret.value
  const { file } = clientSecret
  const text = await readFile(file, 'utf8').catch(() => {
    throw new StartRefused([`${file}: cannot be read; correct the path, or let the issuer’s user read it.`])
  })
  // Editors and `echo` end a file with a line end.
  const secret = text.replace(/\r?\n$/, '')
  if (/^[!-~]{8,1024}$/.test(secret)) return secret
  throw new StartRefused([`${file}: must hold the client’s secret on one line and nothing else; write it there anew.`])
}
