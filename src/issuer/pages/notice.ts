// Pages that only say something: nothing here, not taken, something went wrong.

import { type Html, html } from '../../html.ts'
import { framed, type Site } from './frame.ts'

/** The whole page. */
export const notice = (site: Site, heading: string, text: string, more?: Html): string =>
  framed(site, {
    title: heading,
    body: html`<div class="document narrow"><h1 tabindex="-1">${heading}</h1><p>${text}</p>${more}</div>`,
  })
