// Whether a browser says that it lives inside another app. There WebAuthn is missing or known to break (notes on Slack clients), so the page offers a
// way out. It only advises: what a browser says of itself allows and forbids nothing.

/** Android's WebView marks itself; on iOS a browser without its own name is one; the rest name their app. */
const INSIDE = /; wv\)|\bFB(?:AN|AV)\/|Instagram|\bLine\/|MicroMessenger|\bSlack(?:_|\/)|LinkedInApp|GSA\//
const BARE_IOS = /\((?:iPhone|iPad|iPod)[^)]*\) AppleWebKit\/(?!.*\bSafari\/)/

/** Judges a User-Agent. */
export const isInsideApp = (userAgent: string): boolean => INSIDE.test(userAgent) || BARE_IOS.test(userAgent)
