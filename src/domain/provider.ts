// Every reason for which the word of the organisation's OpenID provider is not taken, and its sentence for the person who came back from there. Nothing
// of what the provider or the browser sent is repeated.

/** Why a sign-in at the provider does not count: the round, the provider, its ID token, whom it names. */
export type ProviderCheck =
  | 'not_begun_here'
  | 'other_round'
  | 'too_late'
  | 'used'
  | 'other_provider'
  | 'declined'
  | 'silent'
  | 'unfit'
  | 'code'
  | 'form'
  | 'algorithm'
  | 'key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'authorized_party'
  | 'expired'
  | 'issued_at'
  | 'nonce'
  | 'auth_time_missing'
  | 'auth_time_old'
  | 'auth_time_ahead'
  | 'acr'
  | 'subject'
  | 'email_unverified'
  | 'other_person'

/** Why an administrator has to enrol a key, and no provider can. */
export type OnlyAdministrators = 'no_provider' | 'not_admitted' | 'no_subject' | 'not_the_first' | 'holds_role'

const AGAIN = 'Nothing was enrolled. Go back to /enrol and begin again'

/** The sentence for whoever came back from the provider. */
export function providerWords(check: ProviderCheck, provider: string): string {
  switch (check) {
    case 'not_begun_here':
      return `This sign-in was not begun in this browser. ${AGAIN} in the browser in which you registered the key.`
    case 'other_round':
      return `This sign-in is not the last one that this browser began. ${AGAIN}, in one tab only.`
    case 'too_late':
      return `That took longer than five minutes. ${AGAIN}.`
    case 'used':
      return 'This sign-in was used already. If your key is not enrolled, go back to /enrol and begin again.'
    case 'other_provider':
      return `This answer does not come from ${provider}. Nothing was enrolled; tell whoever runs Countersign.`
    case 'declined':
      return `${provider} did not sign you in. ${AGAIN}, or ask an administrator to enrol your key.`
    case 'silent':
      return `${provider} does not answer. ${AGAIN} in a minute, or ask an administrator to enrol your key.`
    case 'unfit':
    case 'code':
      return `${provider} did not give what it was asked for. ${AGAIN}; if it happens again, tell whoever runs Countersign.`
    case 'auth_time_old':
      return `${provider} let you in by an older sign-in. ${AGAIN}, and sign in there anew.`
    case 'acr':
      return `You signed in at ${provider} by a weaker way than is demanded here. ${AGAIN}, and use the stronger one.`
    case 'email_unverified':
      return `${provider} has not verified your mail address. Nothing was enrolled; ask an administrator to enrol your key.`
    case 'other_person':
      return `At ${provider} you are not the person for whom this key was registered. Nothing was enrolled; register it under your own name.`
    case 'form':
    case 'algorithm':
    case 'key':
    case 'signature':
    case 'issuer':
    case 'audience':
    case 'authorized_party':
    case 'expired':
    case 'issued_at':
    case 'nonce':
    case 'auth_time_missing':
    case 'auth_time_ahead':
    case 'subject':
      return `What ${provider} says of this sign-in cannot be accepted. Nothing was enrolled; tell whoever runs Countersign.`
  }
}

/** The sentence for whoever asks for a sign-in that could enrol nothing. */
export function onlyAdministratorsWords(why: OnlyAdministrators): string {
  switch (why) {
    case 'no_provider':
    case 'not_admitted':
      return 'No provider may vouch for keys here: an administrator has to enrol this one.'
    case 'no_subject':
      return 'The directory does not say who this person is at the provider: an administrator has to enrol this key.'
    case 'not_the_first':
      return 'The provider vouches for a first key only, and this person has had one: an administrator has to enrol this one.'
    case 'holds_role':
      return 'Whoever approves, administers or audits has each key enrolled by administrators.'
  }
}
