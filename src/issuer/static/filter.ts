// Narrows a long list of keys to those that contain what is typed. A key that is ticked always shows: nothing is signed that is out of sight.

import { byId } from './say.ts'

function narrow(): void {
  const box = byId('keys')?.querySelector<HTMLInputElement>('input[name="filter"]')
  if (!box) return
  box.closest<HTMLElement>('[data-filter]')?.removeAttribute('hidden')
  const wanted = box.value.trim().toLowerCase()
  const rows = [...document.querySelectorAll<HTMLElement>('#keys [data-filtered] + .keys > li')]
  for (const row of rows)
    row.hidden = row.querySelector('input:checked') === null && !(row.textContent ?? '').toLowerCase().includes(wanted)
  const said = byId('keys')?.querySelector<HTMLElement>('[data-filtered]')
  if (!said) return
  said.hidden = wanted === ''
  said.textContent = wanted === '' ? '' : `${rows.filter(({ hidden }) => !hidden).length} of ${rows.length} keys`
}

/** Shows the box, which does nothing without a script, and listens to it; also after its part of the page was swapped. */
export function startFilter(): void {
  document.addEventListener('input', narrow)
  const list = byId('keys')?.parentElement
  if (list) new MutationObserver(narrow).observe(list, { childList: true })
  narrow()
}
