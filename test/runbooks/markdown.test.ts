// Runbook text as a tree: no input throws, nothing written is lost, time grows with the length only.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Block, parseMarkdown } from '../../src/runbooks/markdown.ts'
import type { Inline } from '../../src/runbooks/markdown-inline.ts'

const text = (words: string): Inline => ({ type: 'text', text: words })
const paragraph = (...inline: Inline[]): Block => ({ type: 'paragraph', inline })

test('headings, paragraphs, rules and fenced code', () => {
  assert.deepEqual(parseMarkdown('# One ##\n\nTwo\nlines\n\n---\n\n```sh\nrm -rf *\n```\n'), [
    { type: 'heading', level: 1, inline: [text('One')] },
    paragraph(text('Two\nlines')),
    { type: 'rule' },
    { type: 'code', language: 'sh', text: 'rm -rf *' },
  ])
})

test('lists hold lists, and an ordered one keeps its first number', () => {
  assert.deepEqual(parseMarkdown('- a\n  goes on\n  1. b\n  2. c\n- d\n\n3. e'), [
    {
      type: 'list',
      ordered: false,
      start: 1,
      items: [
        [
          paragraph(text('a\ngoes on')),
          { type: 'list', ordered: true, start: 1, items: [[paragraph(text('b'))], [paragraph(text('c'))]] },
        ],
        [paragraph(text('d'))],
      ],
    },
    { type: 'list', ordered: true, start: 3, items: [[paragraph(text('e'))]] },
  ])
})

test('quotes and tables', () => {
  assert.deepEqual(parseMarkdown('> a\n> b\n\n| x | y |\n|---|:-:|\n| 1 | **2** |'), [
    { type: 'quote', blocks: [paragraph(text('a\nb'))] },
    {
      type: 'table',
      header: [[text('x')], [text('y')]],
      rows: [[[text('1')], [{ type: 'strong', children: [text('2')] }]]],
    },
  ])
})

const inline = (written: string): readonly Inline[] => {
  const [block] = parseMarkdown(written)
  return block?.type === 'paragraph' ? block.inline : []
}

test('strong, emphasis, code and escapes', () => {
  assert.deepEqual(inline('a **b *c* d** `e*f*` \\*g\\* snake_case_name'), [
    text('a '),
    { type: 'strong', children: [text('b '), { type: 'emphasis', children: [text('c')] }, text(' d')] },
    text(' '),
    { type: 'code', text: 'e*f*' },
    text(' *g* snake_case_name'),
  ])
})

for (const written of ['2 * 3', 'a **b', '`x', '[a', 'a] b', '_', '**', '[a](b c)', 'snake_case_name', '*a', '``a`']) {
  test(`${written} holds a mark without a partner and stays as it is`, () => {
    assert.deepEqual(inline(written), [text(written)])
  })
}

test('a link carries the host it leads to', () => {
  assert.deepEqual(inline('see [the **bank**](https://evil.example/bank.com)'), [
    text('see '),
    {
      type: 'link',
      href: 'https://evil.example/bank.com',
      host: 'evil.example',
      children: [text('the '), { type: 'strong', children: [text('bank')] }],
    },
  ])
  assert.deepEqual(inline('<http://a.example/x>'), [
    { type: 'link', href: 'http://a.example/x', host: 'a.example', children: [text('http://a.example/x')] },
  ])
})

for (const url of [
  'javascript:alert(1)',
  'JaVaScRiPt:alert`1`',
  'data:text/html,x',
  '//evil.example',
  '/keys',
  'https://user@evil.example',
  'https://',
  'mailto:a@b.example',
]) {
  test(`${url} never becomes a link`, () => {
    assert.deepEqual(
      inline(`[a](${url})`).filter(({ type }) => type === 'link'),
      [],
    )
  })
}

test('HTML is text', () => {
  assert.deepEqual(parseMarkdown('<script>alert(1)</script>'), [paragraph(text('<script>alert(1)</script>'))])
})

/** Everything in a tree that a page could show. */
const shown = (blocks: readonly Block[]): string => blocks.map(shownBlock).join('')

const shownInline = (each: Inline): string =>
  'text' in each ? each.text : each.children.map(shownInline).join('') + (each.type === 'link' ? each.href : '')

function shownBlock(block: Block): string {
  switch (block.type) {
    case 'heading':
    case 'paragraph':
      return block.inline.map(shownInline).join('')
    case 'code':
      return block.language + block.text
    case 'quote':
      return shown(block.blocks)
    case 'list':
      return block.items.map(shown).join('')
    case 'table':
      return [block.header, ...block.rows].flat(2).map(shownInline).join('')
    case 'rule':
      return ''
  }
}
const letters = (of: string): string => of.replace(/[^a-z]/g, '')

test('no text throws, and no letter of it is lost or moved', () => {
  const piece = fc.constantFrom(
    ...'abc'.split(''),
    ...[
      '# ',
      '\n',
      '\n\n',
      '- ',
      '1. ',
      '> ',
      '    ',
      '  ',
      '```',
      '~~~',
      '`',
      '``',
      '*',
      '**',
      '_',
      '[',
      ']',
      '](',
      '(',
      ')',
      '|',
      '---',
      '|-|-|',
      '\\',
      // With a space: a link in angle brackets says its address itself, and would count twice here.
      '< ',
      '>',
      'https://h.example/',
      '&amp;',
      '\t',
      '\r\n',
      '___',
    ],
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const written = pieces.join('')
      assert.equal(letters(shown(parseMarkdown(written))), letters(written))
    }),
    { numRuns: 2000 },
  )
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (written) => void parseMarkdown(written)))
})

for (const piece of [
  '*',
  '**a ',
  '_a',
  '[',
  '[a](',
  '`',
  '``a`',
  '> ',
  '- ',
  ' - a\n',
  '|a',
  '|a\n|-\n',
  '#',
  '# ',
  '~',
  '~~~ ',
  '\\',
  '<',
  '<http://',
  '[a](http://',
  '\n',
  ' ',
  '1. ',
  '*a **b ',
  '[*a',
  '``` ',
  '--- ',
  '\t-\n',
]) {
  test(`the longest text of ${JSON.stringify(piece)} is read in well under a second`, () => {
    // Of the processor: a machine that is busy stands still in between.
    const began = process.cpuUsage()
    parseMarkdown(piece.repeat(Math.ceil(20_000 / piece.length)))
    parseMarkdown(`${piece.repeat(Math.ceil(20_000 / piece.length))} x y`)
    const { user, system } = process.cpuUsage(began)
    assert.ok(user + system < 600_000, `${(user + system) / 1000} ms`)
  })
}

test('the runbooks that come along use nothing that is left as raw marks', async () => {
  for (const file of ['service', 'customer', 'vector-db']) {
    const written = await readFile(new URL(`../../runbooks/${file}.md`, import.meta.url), 'utf8')
    const tree = parseMarkdown(written.slice(written.indexOf('\n---\n') + 5))
    assert.doesNotMatch(shown(tree.filter(({ type }) => type !== 'code')), /\*\*|^#|^\|/m)
  }
})
