// The secret of our client at the provider: out of the environment, or out of a file that an orchestrator mounts. It is read once, at the start.

import { readFile } from 'node:fs/promises'
import type { ProviderConfig } from '../../provider-config.ts'
import { StartRefused } from '../../run.ts'

/** The secret; what is wrong with its file is thrown as a sentence. */
export async function readClientSecret({ clientSecret }: ProviderConfig): Promise<string> {
  if ('value' in clientSecret) return clientSecret.value
  const secret = (await readFile(clientSecret.file, 'utf8')).replace(/\r?\n$/, '')
  if (/^[!-~]{8,1024}$/.test(secret)) return secret
  throw new StartRefused([
    `${clientSecret.file} must hold the client’s secret and nothing else, on one line: write it there anew.`,
  ])
}
