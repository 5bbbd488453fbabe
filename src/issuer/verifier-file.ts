// The verifier as one HTML file: style and script stand in it, and its own policy allows exactly these two by their digests and no network at all. It is
// what an auditor keeps: the issuer cannot change it any more, and it works from a disk.

import { createHash } from 'node:crypto'
import { html } from '../html.ts'
import { type BrowserCode, loadBrowserCode } from './browser-code.ts'
import { verifyBody } from './pages/verify.ts'

/** The text of the file. */
export function verifierFile(code: BrowserCode = loadBrowserCode()): string {
  const style = (['style', 'verify'] as const).map((name) => bodyOf(code, code.sheet(name))).join('')
  const script = bodyOf(code, code.script('issuer/static/verify.ts'))
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
  const body = verifyBody(
    html`<p class="warning">This file is as good as the place it came from: keep your own copy, and let nobody send you a new one with a receipt.</p>`,
  )
  // Put together by hand: no value may stand in a script or a style of a page, and here they are the page.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Check a receipt</title>
<style>${style}</style>
</head>
<body>
<header>
<div class="top">
<span class="mark">Countersign</span>
<span class="host">Saved page, no network</span>
</div>
</header>
<main>
${body}
</main>
<noscript><p class="notice">Checking needs JavaScript; countersign verify does the same without a browser.</p></noscript>
<script type="module">${script}</script>
</body>
</html>
`
}

function bodyOf(code: BrowserCode, address: string): string {
  const body = code.assets.get(address.replace('/static/', ''))?.body
  if (body === undefined) throw new Error(`no asset ${address}`)
  if (/<\/(?:script|style)|<!--/i.test(body)) throw new Error(`${address} cannot stand in a page: it would end its own element`)
  return body
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
