// Makes X.509 certificates (RFC 5280) out of plain fields, good ones and bent ones: what node:crypto can read but not write. Keys are P-256, signatures
// ECDSA with SHA-256, texts UTF-8.

import { createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'

export type Name = { readonly C?: string; readonly O?: string; readonly OU?: string; readonly CN?: string }
export type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
export type Wanted = {
  readonly subject: Name
  readonly keys: Keys
  /** Who signs; itself when not given. */
  readonly issuer?: { readonly subject: Name; readonly keys: Keys }
  /** basicConstraints; `undefined` leaves them out. */
  readonly authority?: boolean | undefined
  readonly pathLength?: number
  readonly from?: Date
  readonly until?: Date
  readonly version?: 1 | 3
  readonly aaguid?: Uint8Array
  readonly aaguidCritical?: boolean
  readonly hosts?: readonly string[]
  readonly crlUrl?: string
}
export type Made = Wanted & { readonly der: Buffer; readonly pem: string }

const DAY_MS = 86_400_000
const OIDS = { C: '2.5.4.6', O: '2.5.4.10', OU: '2.5.4.11', CN: '2.5.4.3' } as const
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

export const newKeys = (): Keys => generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** The certificate of these fields. */
export function certificate(wanted: Wanted): Made {
  const { subject, keys, issuer = wanted, version = 3 } = wanted
  const { from = new Date(Date.now() - DAY_MS), until = new Date(Date.now() + 365 * DAY_MS) } = wanted
  const algorithm = der(0x30, oid(ECDSA_SHA256))
  const body = der(
    0x30,
    ...(version === 1 ? [] : [der(0xa0, integer(version - 1))]),
    der(0x02, Buffer.from([0x01, ...randomBytes(15)])),
    algorithm,
    name(issuer.subject),
    der(0x30, time(from), time(until)),
    name(subject),
    keys.publicKey.export({ format: 'der', type: 'spki' }),
    ...(version === 1 ? [] : [der(0xa3, der(0x30, ...extensions(wanted)))]),
  )
  const signature = createSign('sha256').update(body).sign(issuer.keys.privateKey)
  const made = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature))
  const lines = made.toString('base64').match(/.{1,64}/g) ?? []
  return { ...wanted, der: made, pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n` }
}

function* extensions({ authority, pathLength, aaguid, aaguidCritical, hosts, crlUrl }: Wanted): Generator<Buffer> {
  if (authority !== undefined) {
    const parts = [
      ...(authority ? [der(0x01, Buffer.from([0xff]))] : []),
      ...(pathLength === undefined ? [] : [integer(pathLength)]),
    ]
    yield extension('2.5.29.19', true, der(0x30, ...parts))
  }
  if (aaguid) yield extension('1.3.6.1.4.1.45724.1.1.4', aaguidCritical ?? false, der(0x04, aaguid))
  if (hosts) yield extension('2.5.29.17', false, der(0x30, ...hosts.map((host) => der(0x82, Buffer.from(host)))))
  if (crlUrl) {
    const point = der(0x30, der(0xa0, der(0xa0, der(0x86, Buffer.from(crlUrl)))))
    yield extension('2.5.29.31', false, der(0x30, point))
  }
}

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  der(0x30, oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value))

const name = (of: Name): Buffer =>
  der(
    0x30,
    ...Object.entries(of).map(([part, text]) =>
      der(0x31, der(0x30, oid(OIDS[part as keyof Name]), der(0x0c, Buffer.from(text)))),
    ),
  )

const integer = (value: number): Buffer => der(0x02, Buffer.from([value]))
/** GeneralizedTime, to the second. */
const time = (at: Date): Buffer => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\.\d+/g, '')}`))

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return der(0x06, Buffer.from(bytes))
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
