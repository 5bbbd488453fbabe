// What the tests of the simulated workspace show and ask: a form and the buttons of a card, as the product's own look.

export const plain = (text: string) => ({ type: 'plain_text', text }) as const
export const option = (value: string, text = value) => ({ text: plain(text), value })
export const input = (id: string, label: string, element: Readonly<Record<string, unknown>>) => ({
  type: 'input',
  block_id: id,
  label: plain(label),
  element: { action_id: id, ...element },
})
/** Opens a page, and one that asks whether it is meant. */
export const BUTTONS = [
  { type: 'button', action_id: 'review', style: 'primary', text: plain('Review'), url: 'http://localhost:3001/r/1' },
  {
    type: 'button',
    action_id: 'object',
    style: 'danger',
    text: plain('Object'),
    confirm: { title: plain('Hold it?'), text: plain('Nobody can use it.'), confirm: plain('Yes, hold'), deny: plain('No') },
  },
]
