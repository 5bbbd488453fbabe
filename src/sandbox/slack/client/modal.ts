// The modal on top of a person's stack. It is drawn anew only when the app changed it (its hash), and then keeps what the person had entered in fields
// that are still there; Escape and the cross close it as the person's own act.

import type { PersonView, SurfaceView } from '../wire.ts'
import type { Api } from './api.ts'
import { blockNodes } from './blocks.ts'
import { el, uniqueId } from './dom.ts'
import { type Surface, sendEntered } from './surface.ts'
import type { Names } from './text.ts'

export interface ModalHost {
  readonly show: (view: SurfaceView | null, people: readonly PersonView[]) => void
}

export function modalHost(api: Api, names: Names): ModalHost {
  const dialog = el('dialog', { class: 'sheet' })
  let entered: Surface['entered'] = new Map()
  let shown: SurfaceView | null = null
  let people: readonly PersonView[] = []
  let busy = false
  document.body.append(dialog)

  const closeAll = (all: boolean) => {
    if (!busy) void api.close(all)
  }
  dialog.addEventListener('cancel', (event) => {
    // The dialog closes when the workspace says so, not by itself. A menu inside answers Escape first.
    if (event.target !== dialog) return
    event.preventDefault()
    closeAll(false)
  })

  const draw = (view: SurfaceView, errors: Readonly<Record<string, string>> = {}, words = '') => {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['action'] : undefined
    const title = uniqueId()
    const trouble = el('div', { class: 'trouble', role: 'alert' }, words)
    const onTrouble = (text: string) => {
      trouble.textContent = text
    }
    const surface: Surface = { place: { kind: 'modal' }, api, names, people, values: view.values, entered, errors, onTrouble }
    const submitButton = el('button', { class: 'button primary', type: 'submit' }, view.submit ?? '')
    const submit = async (event: Event) => {
      event.preventDefault()
      if (busy) return
      busy = true
      submitButton.disabled = true
      submitButton.setAttribute('aria-busy', 'true')
      const filled = await sendEntered(surface)
      const outcome = filled.ok ? await api.submit() : filled
      busy = false
      submitButton.disabled = false
      submitButton.removeAttribute('aria-busy')
      // What came of it may already be on screen; only trouble with this very form is shown here.
      if (!outcome.ok && shown?.id === view.id)
        draw(shown, outcome.errors ?? {}, outcome.errors ? '' : (outcome.error ?? 'That did not work.'))
    }
    const form = el(
      'form',
      { class: 'sheet-form', novalidate: true, on: { submit: (event) => void submit(event) } },
      el(
        'div',
        { class: 'sheet-head' },
        view.depth > 1
          ? el('button', { class: 'tool', type: 'button', 'aria-label': 'Back', on: { click: () => closeAll(false) } }, '←')
          : null,
        el('h2', { id: title }, view.title),
        el('button', { class: 'tool', type: 'button', 'aria-label': 'Close', on: { click: () => closeAll(true) } }, '✕'),
      ),
      el('div', { class: 'sheet-body blocks' }, ...blockNodes(surface, view.blocks)),
      trouble,
      el(
        'div',
        { class: 'sheet-foot' },
        el('button', { class: 'button', type: 'button', on: { click: () => closeAll(false) } }, view.close),
        view.submit === null ? null : submitButton,
      ),
    )
    const top = dialog.querySelector('.sheet-body')?.scrollTop ?? 0
    dialog.setAttribute('aria-labelledby', title)
    dialog.replaceChildren(form)
    if (!dialog.open) dialog.showModal()
    const body = dialog.querySelector('.sheet-body')
    if (body && Object.keys(errors).length === 0) body.scrollTop = top
    focusIn(form, focused)
  }

  const focusIn = (form: HTMLElement, focused: string | undefined) => {
    const wrong = form.querySelector<HTMLElement>('.wrong input, .wrong select, .wrong textarea')
    const again = focused === undefined ? null : form.querySelector<HTMLElement>(`[data-action="${CSS.escape(focused)}"]`)
    const first = form.querySelector<HTMLElement>(
      '[autofocus], .sheet-body input, .sheet-body select, .sheet-body textarea, .sheet-body .button',
    )
    ;(wrong ?? again ?? first ?? form.querySelector<HTMLElement>('.sheet-foot .button'))?.focus()
  }

  return {
    show: (view, everybody) => {
      people = everybody
      if (view === null) {
        shown = null
        entered = new Map()
        dialog.close()
        return
      }
      if (view.id !== shown?.id) entered = new Map()
      const same = view.id === shown?.id && view.hash === shown.hash && view.depth === shown.depth
      shown = view
      if (!same) draw(view)
    },
  }
}
