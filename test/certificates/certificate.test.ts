// Our reading of certificates against that of node:crypto, over the roots of the public web and over bytes that are none.

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import fc from 'fast-check'
import { readCertificate, readPem } from '../../src/certificates/certificate.ts'
import { readElements, readOid } from '../../src/certificates/der.ts'
import { newLeaf, newMaker } from '../support/attesting.ts'

test('every root of the public web is read, and found to be an authority exactly where node:crypto finds one', () => {
  assert.ok(rootCertificates.length > 100)
  for (const pem of rootCertificates) {
    const [read] = readPem(pem) ?? []
    assert.ok(read, pem)
    assert.equal(read.constraints?.authority ?? false, read.x509.ca, read.x509.subject)
    const [common] = read.subject.get('2.5.4.3') ?? []
    if (common)
      assert.ok(read.x509.subject.includes(`CN=${common.replace(/[",+]/g, (sign) => `\\${sign}`)}`) || common.includes('"'))
  }
})

test('a certificate with one bit changed is another or none, and never fails otherwise', () => {
  const { der } = newMaker().leaf
  fc.assert(
    fc.property(fc.nat(der.length * 8 - 1), (bit) => {
      const bent = Buffer.from(der)
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const read = readCertificate(bent)
      assert.ok(read === undefined || read.x509.raw.equals(bent))
    }),
    { numRuns: 300 },
  )
})

test('bytes that hold another certificate in PEM are not taken for that one, nor is PEM itself', () => {
  const { root, leaf } = newMaker()
  // OpenSSL finds the inner one wherever it stands; the names and extensions would be the outer one's.
  const forged = newLeaf(root, { crlUrl: `\n${leaf.pem}` })
  assert.equal(new X509Certificate(forged.der).subject, new X509Certificate(leaf.der).subject, 'what node:crypto reads')
  assert.equal(readCertificate(forged.der), undefined)
  assert.equal(readCertificate(Buffer.from(leaf.pem)), undefined)
  assert.equal(readCertificate(Buffer.concat([leaf.der, Buffer.from([0])])), undefined)
  assert.ok(readCertificate(leaf.der))
})

test('a certificate whose key is on no curve is none, and does not fail when its key is asked for', () => {
  const { leaf, root } = newMaker()
  for (const { der } of [leaf, root]) {
    const point = Buffer.from(der).indexOf(new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' })) + 26
    const bent = Buffer.from(der)
    assert.equal(bent[point], 0x04, 'an uncompressed point')
    bent[point] = 0x05
    assert.throws(() => new X509Certificate(bent).publicKey)
    assert.equal(readCertificate(bent), undefined)
  }
})

test('any bytes are read or refused, in good time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      assert.equal(readCertificate(bytes), undefined)
      readElements(bytes)
      readOid(bytes)
    }),
    { numRuns: 2000 },
  )
})

test('a certificate with a rest behind it, a length that is not the shortest, or an extension twice is none', () => {
  const { der } = newMaker().leaf
  assert.ok(readCertificate(der))
  assert.equal(readCertificate(Buffer.concat([der, Buffer.from([0])])), undefined)
  assert.equal(readElements(Buffer.from([0x04, 0x81, 0x01, 0x00])), undefined)
  assert.equal(readElements(Buffer.from([0x04, 0x80, 0x00, 0x00])), undefined)
  assert.equal(readElements(Buffer.from([0x1f, 0x81, 0x01, 0x00])), undefined)
  assert.equal(readElements(Buffer.from([0x04, 0x05, 0x00])), undefined)
  assert.equal(readOid(Buffer.from([0x80, 0x01])), undefined)
})

test('a text with anything beside certificates is not PEM', () => {
  const { leaf, root } = newMaker()
  assert.equal(readPem(`${leaf.pem}${root.pem}`)?.length, 2)
  for (const text of ['', 'hello', `# mine\n${leaf.pem}`, leaf.pem.replace('MII', 'M*I'), leaf.pem.replace(/\n.{64}\n/, '\n')])
    assert.equal(readPem(text), undefined)
})
