// A certificate as two readers see it: node:crypto, which checks signatures, dates and who issued whom, and our own for what it does not tell (version,
// parts of the subject, extensions; RFC 5280 section 4.1). A certificate that either cannot read, or that names an extension twice, is none.

import { X509Certificate } from 'node:crypto'
import { type Element, readElements, readInside, readOid, TAG } from './der.ts'

export type Extension = { readonly critical: boolean; readonly value: Uint8Array }
export type Certificate = {
  readonly x509: X509Certificate
  /** As people count: 3 is the version that has extensions. */
  readonly version: number
  /** Values of the subject by object identifier. */
  readonly subject: ReadonlyMap<string, readonly string[]>
  readonly extensions: ReadonlyMap<string, Extension>
  /** What basicConstraints says, if it is there; node:crypto tells whether it stands for an authority. */
  readonly constraints: { readonly authority: boolean; readonly pathLength: number | undefined } | undefined
}

const BASIC_CONSTRAINTS = '2.5.29.19'
const CONTEXT_0 = 0xa0
const CONTEXT_3 = 0xa3
const TEXTS: readonly number[] = [0x0c, 0x13] // UTF8String, PrintableString

/** The certificate behind DER bytes. */
export function readCertificate(der: Uint8Array): Certificate | undefined {
  try {
    const x509 = new X509Certificate(der)
    // OpenSSL looks for a certificate in PEM anywhere in the bytes first: what it has read must be these bytes and no others.
    if (!x509.raw.equals(der)) return undefined
    // Its key is decoded when it is first asked for, and then throws: a certificate whose key is none is none.
    if (x509.publicKey.asymmetricKeyType === undefined) return undefined
    const [body] = readInside(der, TAG.sequence) ?? []
    const fields = body?.tag === TAG.sequence ? readElements(body.content) : undefined
    if (!fields) return undefined
    const tagged = fields[0]?.tag === CONTEXT_0 ? fields[0] : undefined
    const rest = tagged ? fields.slice(1) : fields
    // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, then tagged extensions.
    const subject = readSubject(rest[4])
    const extensions = readExtensions(rest.slice(6).find(({ tag }) => tag === CONTEXT_3))
    const version = tagged ? readElements(tagged.content)?.[0]?.content[0] : 0
    if (!subject || !extensions || version === undefined) return undefined
    const basic = extensions.get(BASIC_CONSTRAINTS)
    const constraints = basic && readConstraints(basic.value)
    if (basic && !constraints) return undefined
    return { x509, version: version + 1, subject, extensions, constraints }
  } catch {
    return undefined
  }
}

/** The certificates of a text in PEM, one after the other; undefined when it holds anything else, or none. */
export function readPem(text: string): readonly Certificate[] | undefined {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? []
  const rest = blocks.reduce((left, block) => left.replace(block, ''), text)
  const read = blocks.map((block) => readCertificate(Buffer.from(block.replace(/-----[^-]+-----|\s/g, ''), 'base64')))
  const certificates = read.filter((each) => each !== undefined)
  return rest.trim() === '' && certificates.length > 0 && certificates.length === read.length ? certificates : undefined
}

function readSubject(element: Element | undefined): Map<string, string[]> | undefined {
  const names = element?.tag === TAG.sequence ? readElements(element.content) : undefined
  if (!names) return undefined
  const subject = new Map<string, string[]>()
  for (const name of names) {
    for (const pair of readElements(name.content) ?? []) {
      const [type, value] = readElements(pair.content) ?? []
      const oid = type?.tag === TAG.oid ? readOid(type.content) : undefined
      if (oid === undefined || !value) return undefined
      // A value in another kind of text counts as none: what we compare with is plain.
      const text = TEXTS.includes(value.tag) ? new TextDecoder('utf-8', { fatal: true }).decode(value.content) : ''
      subject.set(oid, [...(subject.get(oid) ?? []), text])
    }
  }
  return subject
}

function readExtensions(element: Element | undefined): Map<string, Extension> | undefined {
  const extensions = new Map<string, Extension>()
  if (!element) return extensions
  for (const { content } of readInside(element.content, TAG.sequence) ?? []) {
    const parts = readElements(content) ?? []
    const [id, value] = [parts[0], parts.at(-1)]
    const oid = id?.tag === TAG.oid ? readOid(id.content) : undefined
    if (oid === undefined || value?.tag !== TAG.octets || extensions.has(oid)) return undefined
    extensions.set(oid, { critical: parts[1]?.tag === TAG.boolean && parts[1].content[0] === 0xff, value: value.content })
  }
  return extensions
}

function readConstraints(value: Uint8Array): Certificate['constraints'] {
  const parts = readInside(value, TAG.sequence)
  if (!parts) return undefined
  const authority = parts.some(({ tag, content }) => tag === TAG.boolean && content[0] === 0xff)
  const length = parts.find(({ tag }) => tag === TAG.integer)?.content
  return { authority, pathLength: length?.reduce((sum, byte) => sum * 256 + byte, 0) }
}
