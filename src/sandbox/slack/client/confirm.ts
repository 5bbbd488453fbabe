// Dialogs: the confirmation that an element may ask for before it acts. The browser's own `dialog` keeps focus inside and closes on Escape.

import type { Confirm } from '../wire.ts'
import { el, uniqueId } from './dom.ts'
import { type Names, textNodes } from './text.ts'

/** Asks; false when the person turns back in any way. */
export function askConfirm(confirm: Confirm, names: Names): Promise<boolean> {
  return new Promise((resolve) => {
    const title = uniqueId()
    const yes = `button ${confirm.style === 'danger' ? 'danger' : 'primary'}`
    const dialog = el(
      'dialog',
      { class: 'sheet small', 'aria-labelledby': title, on: { close: () => done(dialog.returnValue === 'yes') } },
      el('h2', { id: title }, confirm.title?.text ?? 'Are you sure?'),
      el('div', { class: 'sheet-body' }, el('div', {}, ...textNodes(confirm.text, names))),
      el(
        'div',
        { class: 'sheet-foot' },
        el(
          'button',
          { class: 'button', type: 'button', on: { click: () => dialog.close('no') } },
          confirm.deny?.text ?? 'Cancel',
        ),
        el('button', { class: yes, type: 'button', on: { click: () => dialog.close('yes') } }, confirm.confirm?.text ?? 'Yes'),
      ),
    )
    const done = (answer: boolean) => {
      dialog.remove()
      resolve(answer)
    }
    document.body.append(dialog)
    dialog.showModal()
  })
}
