// The script of the page that the provider sends people back to: takes the answer out of the address at once, so that it stands in no history, and
// posts it to the issuer, which alone judges it.

import { signOut } from './page.ts'
import { post } from './post.ts'
import { act, byId, onPress, Stopped, say } from './say.ts'

const NAMES = ['code', 'state', 'iss', 'error']
const said = new URLSearchParams(location.search)
history.replaceState(null, '', location.pathname)

const show = (id: string): void => {
  for (const each of ['going', 'enrolled', 'refused']) byId(each)?.toggleAttribute('hidden', each !== id)
}

onPress({ 'sign-out': () => signOut() })
void act(async () => {
  let isEnrolled = false
  try {
    // A name that comes twice could be read in two ways.
    if (!said.has('state') || NAMES.some((name) => said.getAll(name).length > 1))
      throw new Stopped('nothing', 'There is no sign-in to check here.')
    await post(
      '/v1/provider/answers',
      Object.fromEntries(NAMES.flatMap((name) => [said.get(name)].flatMap((value) => (value === null ? [] : [[name, value]])))),
    )
    isEnrolled = true
    say('Your key is enrolled.')
  } finally {
    show(isEnrolled ? 'enrolled' : 'refused')
  }
})
