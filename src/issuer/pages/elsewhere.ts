// The way out of a browser that cannot sign: the link to copy, and as a QR code for another device. The link names who looks and has no power, so it may be
// shown and photographed. The code is drawn on the server: no image is fetched and nothing leaves the page.

import encodeQr from 'qr'
import { type Html, html } from '../../html.ts'
import type { Site } from './frame.ts'

const QUIET = 2

/** What to do when this browser cannot sign here, or probably cannot. */
export function elsewhere(site: Site, view: string, browser: 'inside' | 'other'): Html {
  const link = `${site.origin}/r/${view}`
  return html`<div class="elsewhere">
<h2>${browser === 'other' ? 'Open this page in another browser' : 'Better in your own browser'}</h2>
<p>${
    browser === 'other'
      ? 'This browser cannot use security keys here. A current Safari, Chrome, Edge or Firefox can. Nothing is lost: the page is the same there.'
      : 'This page seems to be open inside another app, where security keys often do not work.'
  }</p>
<p class="link"><code tabindex="0">${link}</code></p>
<p><button type="button" class="primary" data-do="copy-link" data-link="${link}">Copy the link</button></p>
<figure><svg class="qr" role="img" aria-label="QR code of the link" viewBox="0 0 ${sizeOf(link)} ${sizeOf(link)}"><path d="${qrPath(link)}"/></svg>
<figcaption class="help">Or scan it with the device that has your key.</figcaption></figure>
${browser === 'other' && html`<p><a href="/r/${view}">Try here anyway</a></p>`}
</div>`
}

const squares = (text: string): boolean[][] => encodeQr(text, 'raw', { ecc: 'medium', border: QUIET })
const sizeOf = (text: string): number => squares(text).length

/** Dark squares as one path, row by row, run by run. */
export function qrPath(text: string): string {
  let path = ''
  squares(text).forEach((row, y) => {
    for (let x = 0; x < row.length; ) {
      const end = row.indexOf(!row[x], x)
      const width = (end === -1 ? row.length : end) - x
      if (row[x]) path += `M${x} ${y}h${width}v1h-${width}z`
      x += width
    }
  })
  return path
}
