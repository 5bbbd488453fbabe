// The browser of the page tests: a Chromium of the system, driven by playwright-core. In CI and as root on Debian it is installed when
// missing; elsewhere the person is told what to install and the tests are skipped loudly. In CI a skipped browser test is a failure.
// The build without a window comes first: the same engine shows a page in a quarter of the time when no tab strip is drawn around it.

import { execFile } from 'node:child_process'
import { access, constants, readFile } from 'node:fs/promises'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)
const PLACES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const PACKAGE = 'chromium-headless-shell'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const MISSING = 'BROWSER TESTS SKIPPED: install Chromium (or set CHROMIUM to its path) and run the tests again'

/** The path of Chromium, installed first where that is ours to do; rejects with what to install otherwise. */
export async function chromiumPath(): Promise<string> {
  const named = process.env['CHROMIUM']
  const found = named ? await firstOf([named]) : await firstOf(PLACES)
  if (found) return found
  if (named) throw new Error(`CHROMIUM names ${named}, which cannot be run`)
  if (await mayInstall()) await install()
  const installed = await firstOf(PLACES)
  if (installed) return installed
  throw new Error(MISSING)
}

/** A browser that ends with the test; undefined when the test was skipped for want of one, which fails instead when CI is set. */
export async function openBrowser(
  t: Pick<TestContext, 'after' | 'skip'>,
  flags: readonly string[] = [],
): Promise<Browser | undefined> {
  let executablePath: string
  try {
    executablePath = await chromiumPath()
  } catch (error) {
    if (process.env['CI']) throw error
    console.error(`\n${'!'.repeat(80)}\n${(error as Error).message}\n${'!'.repeat(80)}\n`)
    t.skip((error as Error).message)
    return undefined
  }
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...flags] })
  t.after(() => browser.close())
  return browser
}

async function firstOf(places: readonly string[]): Promise<string | undefined> {
  for (const place of places)
    if (
      await access(place, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return place
  return undefined
}

async function mayInstall(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^ID(_LIKE)?=.*debian/m.test(release)
}

async function install(): Promise<void> {
  console.error(`Chromium is missing: installing ${PACKAGE} by apt-get`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (let attempt = 1; ; attempt += 1) {
    try {
      await run('apt-get', ['update', '-qq'], { env })
      await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', PACKAGE, 'fonts-liberation'], {
        env,
        maxBuffer: 1 << 26,
      })
      return
    } catch (error) {
      if (attempt === 3) throw new Error('apt-get could not install Chromium', { cause: error })
      await delay(2_000)
    }
  }
}
