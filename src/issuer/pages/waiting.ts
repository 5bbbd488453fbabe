// How a list of keys that wait is moved through: found by the words that somebody heard, all of one person's, page by page. It says what it leaves out.

import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'
import type { Listed, Look } from '../waiting-keys.ts'
import { plural } from './words.ts'

const address = (path: string, { find, person, page }: Partial<Look>): string => {
  const query = new URLSearchParams({
    ...(find !== undefined && { find }),
    ...(person !== undefined && { person }),
    ...(page !== undefined && page > 1 && { page: String(page) }),
  }).toString()
  return query === '' ? path : `${path}?${query}`
}

/** The box in which words are looked for, and what came of it. */
export function search(path: '/enrol' | '/keys', { look, rows, problem }: Listed): Html {
  const found =
    problem ?? (rows.length === 0 ? 'No key with these words waits.' : `${plural(rows.length, 'key')} with these words.`)
  return html`<form role="search" action="${path}" class="find">
<label class="field"><span>Find a key <span class="optional">by its first words, three at least</span></span>
<input name="find" value="${look.find ?? ''}" maxlength="200" autocomplete="off" spellcheck="false"></label>
<button class="plain">Find</button>
</form>
${look.find !== undefined && html`<p role="status">${found} <a href="${path}">Show all that wait</a></p>`}`
}

/** After the last listed key of somebody of whom more wait. */
export const moreOf = (who: Named, more: number): Html | undefined =>
  more === 0
    ? undefined
    : html`<li><p class="help">${plural(more, 'more key')} in the name of ${shown(who.name)}: <a href="${address('/enrol', { person: who.id })}">show them</a>, or find one by its words.</p></li>`

/** Where the list goes on. */
export function pager({ look, hasNext }: Listed, of: Named | undefined): Html {
  const to = (page: number, words: string): Html => html`<a href="${address('/enrol', { ...look, page })}">${words}</a>`
  return html`${of && html`<p>Keys in the name of ${shown(of.name)}, the newest first. <a href="/enrol">Show everybody’s</a></p>`}
${(look.page > 1 || hasNext) && html`<p class="row">${look.page > 1 && to(look.page - 1, 'Back')} ${hasNext && to(look.page + 1, 'Next')}</p>`}`
}
