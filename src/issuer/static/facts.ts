// What a page tells its own script: one JSON text in an attribute. Types only; the server writes them and the browser reads them.

export type KeyFact = {
  readonly thumbprint: string
  readonly nickname: string
  /** Whether the sandbox's simulated security key holds it. */
  readonly simulated: boolean
}

export type RequestFacts = {
  readonly view: string
  readonly realm: string
  readonly person: string
  readonly request: string
  /** The kind of credential asked for; absent until the request has been checked. */
  readonly kind?: string
  readonly keys: readonly KeyFact[]
}

export type SignInFacts = {
  readonly realm: string
  readonly audience: string
  /** Where to go afterwards, or the parameters with which the bot sent the person here. */
  readonly onward: { readonly go: string } | { readonly authorize: Readonly<Record<string, string>> }
}

export type EnrolFacts = {
  readonly realm: string
  /** The administrator who is signed in. */
  readonly person?: string
  readonly keys: readonly KeyFact[]
  readonly next?: { readonly sequence: number; readonly previous: string }
  readonly registrations: readonly Registration[]
  readonly pending?: PendingFact
}
/** The change that waits for a second administrator: what is shown is what is signed. */
export type PendingFact = { readonly change: object; readonly digest: string }
export type Registration = {
  readonly passkey: {
    readonly person: string
    readonly id: string
    readonly key: Readonly<Record<string, string>>
    readonly thumbprint: string
    readonly device_bound: boolean
    readonly aaguid?: string
  }
  /** Digest of the owner's register statement. */
  readonly registration: string
  /** What the enrolment makes of the person, beside somebody who may ask. */
  readonly roles: readonly string[]
}

export type KeysFacts = {
  readonly realm: string
  readonly person: string
  readonly keys: readonly KeyFact[]
  readonly next: { readonly sequence: number; readonly previous: string }
  /** Keys that were registered in this person's name and wait. */
  readonly waiting: readonly Registration[]
  readonly pending?: PendingFact
  /** The rule set in force, which administrators can sign for. */
  readonly ruleSet?: string
  readonly provider?: { readonly issuer: string; readonly client_id: string; readonly effect: 'grant' | 'withdraw' }
  /** What a recovery must name, while the database has lost something. */
  readonly lost?: { readonly directory: { readonly sequence: number; readonly head: string }; readonly watermark: number }
}
