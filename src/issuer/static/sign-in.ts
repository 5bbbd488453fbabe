// The script of the sign-in page: one assertion over a `sign_in` statement, then on to where the person was going.

import { begin, sign } from './ceremony.ts'
import type { SignInFacts } from './facts.ts'
import { deviceOf, factsOf } from './page.ts'
import { post } from './post.ts'
import { act, onPress, say } from './say.ts'

const facts = factsOf<SignInFacts>()

onPress({
  'sign-in': (button) =>
    act(async (signal) => {
      const device = deviceOf(button)
      const { realm, nonce, rpId } = await begin('sign_in')
      const signed = await sign(
        { v: 1, realm, nonce, kind: 'sign_in', audience: facts.audience },
        { rpId, key: undefined, device, person: button.dataset['person'], signal },
      )
      await post('/v1/statements', signed)
      say('Signed in.')
      const { onward } = facts
      location.assign('go' in onward ? onward.go : (await post<{ location: string }>('/authorize', onward.authorize)).location)
    }),
})
