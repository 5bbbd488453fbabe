// A runbook's text as HTML: the tree of the safe Markdown subset, element by element. Headings begin below the page's own; links show their host.

import { type Html, html } from '../../html.ts'
import { type Block, parseMarkdown } from '../../runbooks/markdown.ts'
import type { Inline } from '../../runbooks/markdown-inline.ts'

/** The markup of a text. */
export const prose = (text: string): Html => html`${parseMarkdown(text).map(block)}`

function block(of: Block): Html {
  switch (of.type) {
    case 'heading':
      return of.level < 3 ? html`<h3>${inlines(of.inline)}</h3>` : html`<h4>${inlines(of.inline)}</h4>`
    case 'paragraph':
      return html`<p>${inlines(of.inline)}</p>`
    case 'code':
      return html`<pre tabindex="0"><code>${of.text}</code></pre>`
    case 'quote':
      return html`<blockquote>${of.blocks.map(block)}</blockquote>`
    case 'list':
      return of.ordered
        ? html`<ol start="${of.start}">${of.items.map((item) => html`<li>${item.map(block)}</li>`)}</ol>`
        : html`<ul>${of.items.map((item) => html`<li>${item.map(block)}</li>`)}</ul>`
    case 'table':
      return html`<div class="scroll" tabindex="0"><table>
<thead><tr>${of.header.map((cell) => html`<th scope="col">${inlines(cell)}</th>`)}</tr></thead>
<tbody>${of.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${inlines(cell)}</td>`)}</tr>`)}</tbody>
</table></div>`
    case 'rule':
      return html`<hr>`
  }
}

const inlines = (of: readonly Inline[]): Html => html`${of.map(inline)}`

function inline(of: Inline): Html {
  switch (of.type) {
    case 'text':
      return html`${of.text}`
    case 'code':
      return html`<code>${of.text}</code>`
    case 'strong':
      return html`<strong>${inlines(of.children)}</strong>`
    case 'emphasis':
      return html`<em>${inlines(of.children)}</em>`
    case 'link':
      return html`<a href="${of.href}" rel="noreferrer">${inlines(of.children)}</a> <span class="leads">(${of.host})</span>`
  }
}
