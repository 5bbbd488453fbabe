// The little of the package oidc-provider that our tests use; it ships no types.

declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  type Details = {
    readonly uid: string
    readonly params: Readonly<Record<string, string>>
    readonly grantId?: string
    readonly prompt: { readonly name: string; readonly details: { readonly missingOIDCScope?: readonly string[] } }
    readonly session?: { readonly accountId: string }
  }
  type Grant = { addOIDCScope(scope: string): void; addOIDCClaims(claims: readonly string[]): void; save(): Promise<string> }

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Details>
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: unknown): Promise<void>
    readonly Grant: new (of: {
      readonly accountId: string
      readonly clientId: string
    }) => Grant
  }
}
