// The script of the sign-in page: one assertion over a `sign_in` statement, then on to where the person was going.

import { begin, sign } from './ceremony.ts'
import type { SignInFacts } from './facts.ts'
import { deviceOf, factsOf } from './page.ts'
import { post } from './post.ts'
import { act, onPress, say } from './say.ts'

const facts = factsOf<SignInFacts>()

/** Signs in, here or where the person was sent from; answers where to go. */
async function enter(signed: object): Promise<string> {
  const { onward } = facts
  const body = 'go' in onward ? signed : { ...signed, authorize: onward.authorize }
  const { location: sentTo } = await post<{ location?: string }>('go' in onward ? '/v1/statements' : '/authorize', body)
  say('Signed in.')
  return 'go' in onward ? onward.go : (sentTo ?? '/')
}

onPress({
  'sign-in': (button) =>
    act(async (signal) => {
      const device = deviceOf(button)
      const { realm, nonce, rpId } = await begin('sign_in')
      const signed = await sign(
        { v: 1, realm, nonce, kind: 'sign_in', audience: facts.audience },
        { rpId, key: undefined, device, person: button.dataset['person'], signal },
      )
      location.assign(await enter(signed))
    }),
})
