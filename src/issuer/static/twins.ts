// What a tap stands for: the text under "Exactly what is signed", of the page's request and of the ticked ones beside it, hashed here at that moment. So
// nothing can be signed that does not stand on the page, and only where the check code that was read is the one of that text.

import { encodeBase64url } from '../../domain/base64url.ts'
import { checkCode } from '../../domain/ids.ts'
import { tagged } from '../../domain/tags.ts'
import { sha256 } from './ceremony.ts'
import { Stopped } from './say.ts'

export type Beside = { readonly request: string; readonly digest: string; readonly code: string }
/** What became of one request that a statement named. */
export type Told = { readonly request?: string; readonly words?: string }

/** The digest of the request that a part of the page shows in full; undefined where none is shown. */
export async function digestShown(part: Element | null): Promise<string | undefined> {
  const text = part?.querySelector('.exact pre')?.textContent
  if (text === null || text === undefined) return undefined
  return encodeBase64url(await sha256(tagged('intent', new TextEncoder().encode(text))))
}

const ticked = (): HTMLElement[] =>
  [...document.querySelectorAll('#twins input[name=twin]:checked')].flatMap((box) => box.closest<HTMLElement>('.twin') ?? [])
const codeOn = (article: HTMLElement): string => article.querySelector('.code code')?.textContent ?? ''

/** The ticked requests. */
export const tickedOnes = (): Promise<Beside[]> =>
  Promise.all(
    ticked().map(async (article) => {
      const { request = '' } = article.dataset
      const digest = await digestShown(article)
      const code = codeOn(article)
      if (digest === undefined || code !== checkCode(digest))
        throw new Stopped(
          'other_code',
          `The check code ${code} is not the one of the request it stands on. Nothing was signed; tell whoever runs Countersign.`,
        )
      return { request, digest, code }
    }),
  )

/** Says beside the buttons what one tap will stand for. */
export function countTicked(): void {
  const place = document.querySelector<HTMLElement>('#act [data-ticked]')
  if (!place) return
  const codes = ticked().map(codeOn)
  place.hidden = codes.length === 0
  const own = document.querySelector('#document .code code')?.textContent ?? ''
  place.textContent =
    codes.length === 0 ? '' : `One tap decides about ${codes.length + 1} requests, each by itself: ${[own, ...codes].join(', ')}.`
}

/** What a tap over several requests did, where not all of it came about. */
export function mixedWords(did: string, codes: ReadonlyMap<string, string>, told: readonly Told[]): string | undefined {
  const not = told.filter(({ words }) => words !== undefined)
  if (not.length === 0) return undefined
  const lines = not.map(({ request = '', words = '' }) => `${codes.get(request) ?? 'Another'}: ${words}`)
  return `${did} ${told.length - not.length} of ${told.length}. ${lines.join(' ')}`
}
