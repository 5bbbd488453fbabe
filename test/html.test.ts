// The escaping tag: nothing that somebody else wrote becomes markup, wherever in a template it lands.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { html, shown } from '../src/html.ts'

const text = (markup: { readonly text: string }): string => markup.text

test('a text with markup in it stays text, in an element and in an attribute', () => {
  const hostile = `"><script>alert(1)</script><img src=x onerror='a'>&amp;`
  const made = text(html`<p title="${hostile}">${hostile}</p>`)
  assert.equal(made.match(/</g)?.length, 2)
  assert.doesNotMatch(made, /<script|<img|&amp;"/)
})

test('no text brings a tag, an attribute or a quote of its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      const made = text(html`<p title="${any}">${any}</p>`)
      const inner = made.slice('<p title="'.length, -'</p>'.length)
      assert.equal(inner.match(/[<>"]/g)?.join(''), '">')
    }),
  )
})

test('markup passes once, lists are joined, false and undefined vanish', () => {
  const inner = html`<b>${'<'}</b>`
  assert.equal(text(html`<p>${[inner, ' and ', 7]}${false}${undefined}</p>`), '<p><b>&#60;</b> and 7</p>')
})

test('a value inside a tag without double quotes is refused', () => {
  assert.throws(() => html`<p class=${'a'}>`, /double quotes/)
  assert.throws(() => html`<p ${'onclick=x'}>`, /double quotes/)
  assert.throws(() => html`<p class='${'a'}'>`, /single quotes/)
})

test('markup may add whole attributes to a tag', () => {
  assert.equal(text(html`<p ${html`hidden`} ${false}>x</p>`), '<p hidden >x</p>')
})

test('a value inside a script, a style, a comment or an event handler is refused', () => {
  assert.throws(() => html`<script>${'x'}</script>`, /script/)
  assert.throws(() => html`<style>${'x'}</style>`, /style/)
  assert.throws(() => html`<!-- ${'x'} -->`, /comment/)
  assert.throws(() => html`<p onclick="${'x'}">`, /onclick/)
  assert.throws(() => html`<p style="${'x'}">`, /style/)
})

test('an address is http(s) or a path of ours, and a value cannot choose the host', () => {
  assert.equal(text(html`<a href="${'/r/x'}">`), '<a href="/r/x">')
  for (const address of ['javascript:alert(1)', ' javascript:alert(1)', '//evil.example/', 'data:text/html,x', 'r/x'])
    assert.throws(() => html`<a href="${address}">`, /address/, address)
  assert.throws(() => html`<a href="//${'evil.example'}">`, /address/)
  assert.throws(() => html`<a href="https://${'evil.example'}">`, /address/)
})

test('a place after a script or a comment that has ended is text again', () => {
  assert.equal(
    text(html`<script src="${'/a.js'}"></script><!-- b --><p>${'<'}</p>`),
    '<script src="/a.js"></script><!-- b --><p>&#60;</p>',
  )
})

test('characters that do not show are spelt out, and the value keeps its own direction', () => {
  const made = text(shown('pay\u202Etxt.exe\u200B \u{E0041}\u00A0'))
  for (const name of ['U+202E', 'U+200B', 'U+E0041', 'U+00A0']) assert.ok(made.includes(`>${name}<`), name)
  assert.match(made, /^<bdi>pay/)
  assert.doesNotMatch(made, /[\u202E\u200B\u00A0\u{E0041}]/u)
})
