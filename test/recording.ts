// `npm run recording`: somebody new goes from `npm start` to the first credential, in a real browser at a person's pace, by what terminal and screens say and
// nothing else. Writes docs/first-credential.md with the terminal's text and screenshots, says how long it took, and fails when that was over a minute.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { chromiumPath } from './support/chromium.ts'
import { message } from './support/pages.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const FOLDER = join(ROOT, 'docs', 'first-credential')
const GOAL_SECONDS = 60
const MOST_BYTES = 600_000
/** An even reader; nobody reads a screen for longer than this before doing what it says. */
const WORDS_PER_SECOND = 4
const SHORTEST_LOOK_MS = 1_500
const LONGEST_LOOK_MS = 5_000
const KEYSTROKE_MS = 60
const SIZE = { width: 1040, height: 700 }
const shell = promisify(execFile)

type Step = { readonly seconds: number; readonly words: string; readonly shot: string }
const steps: Step[] = []
let began = 0
const seconds = (): number => (performance.now() - began) / 1000

/** Looks at a part of a screen for as long as its words take. */
async function read(part: Locator): Promise<void> {
  const words = (await part.innerText()).split(/\s+/).length
  await delay(Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, (words / WORDS_PER_SECOND) * 1000)))
}

async function shoot(page: Page, words: string): Promise<void> {
  const shot = `${steps.length + 1}.jpeg`
  steps.push({ seconds: seconds(), words, shot })
  await page.screenshot({ path: join(FOLDER, shot), type: 'jpeg', quality: 82 })
}

/** Follows a link that opens a tab. */
async function follow(context: BrowserContext, link: Locator): Promise<Page> {
  const [page] = await Promise.all([context.waitForEvent('page'), link.click()])
  await page.waitForLoadState()
  return page
}

/** The usual port if nobody has it, as for somebody new; otherwise any. */
async function portLike(usual: number): Promise<string> {
  const server = createServer()
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(usual).catch(() => listen(0))
  const { port } = server.address() as { port: number }
  await once(server.close(), 'close')
  return String(port)
}

async function startProduct(dataDir: string) {
  const { PATH = '', HOME = '' } = process.env
  const places = { PORT: await portLike(3000), ISSUER_PORT: await portLike(3001), SANDBOX_PORT: await portLike(3002) }
  began = performance.now()
  const npm = spawn('npm', ['start'], {
    cwd: ROOT,
    env: { PATH, HOME, DATA_DIR: dataDir, npm_config_loglevel: 'error', ...places },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  for (const stream of [npm.stdout, npm.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const exited = once(npm, 'exit')
  while (!/starts anew/.test(said)) {
    if (npm.exitCode !== null) throw new Error(`npm start ended:\n${said}`)
    await delay(20)
  }
  return {
    said: () => said,
    slack: `http://localhost:${places.SANDBOX_PORT}`,
    issuer: `http://localhost:${places.ISSUER_PORT}`,
    stop: async () => {
      // The whole group, as a terminal's Ctrl-C.
      if (npm.exitCode === null && npm.pid !== undefined) process.kill(-npm.pid, 'SIGINT')
      await exited
    },
  }
}

/** From the first page to the credential on the screen; gives the command that the page shows for it. */
async function getCredential(context: BrowserContext, slackUrl: string): Promise<string> {
  const slack = await context.newPage()
  await slack.goto(slackUrl)
  const main = slack.getByRole('main')
  const composer = main.getByRole('textbox')
  await composer.waitFor()
  await read(main)
  await composer.click()
  await composer.pressSequentially('/elevate service.restart', { delay: KEYSTROKE_MS })
  await shoot(slack, 'The simulated Slack, where one is Rey. The command that the terminal named is typed.')
  await composer.press('Enter')

  const form = slack.getByRole('dialog')
  await form.getByLabel('Service').waitFor()
  await read(form)
  await form.getByLabel('Service').selectOption('payments-api')
  await form.getByLabel('Why?').pressSequentially('INC-4211: payments refuse cards', { delay: KEYSTROKE_MS })
  await form.getByRole('button', { name: 'Next' }).click()
  const link = form.getByRole('link', { name: 'Confirm with your key' })
  await link.waitFor()
  await read(form)

  const own = await follow(context, link)
  await read(own.getByRole('main'))
  await shoot(own, 'Rey’s own page, served by the issuer: what is shown here is what is signed.')
  await own.getByRole('button', { name: 'Confirm with the simulated security key (sandbox)' }).click()
  await own.getByRole('heading', { name: 'Your part is done' }).waitFor()
  await read(own.getByRole('heading', { name: 'Your part is done' }))

  await slack.bringToFront()
  await form.getByRole('button', { name: 'Close' }).first().click()
  await slack.locator('details.switch summary').click()
  await slack
    .getByRole('link', { name: /^Bo Tanaka/ })
    .first()
    .click()
  await slack.getByText('You are Bo').first().waitFor()
  await slack
    .getByRole('navigation', { name: 'Places' })
    .getByRole('button')
    .filter({ has: slack.locator('.place-name').getByText('Countersign', { exact: true }) })
    .click()
  const asked = message({ slack } as Parameters<typeof message>[0], 'Your decision is asked')
  await asked.waitFor()
  await read(asked)
  await shoot(slack, 'The same browser as Bo, whom Countersign asks.')
  const decision = await follow(context, asked.getByRole('link', { name: 'Review & decide' }))
  await read(decision.getByRole('main'))
  await shoot(decision, 'Bo’s page: the same request with the same check code, and his own decision.')
  await decision.getByRole('button', { name: 'Approve with the simulated security key (sandbox)' }).click()
  await decision.getByRole('heading', { name: 'You approved this' }).waitFor()

  await own.bringToFront()
  const get = own.getByRole('button', { name: 'Get the credential' })
  await get.waitFor()
  await delay(SHORTEST_LOOK_MS)
  await get.click()
  await own.getByText(/^ey\w{4}····/).waitFor()
  await own.locator('[data-command]').scrollIntoViewIfNeeded()
  await shoot(own, 'Rey’s page again, which was never left: the credential, sealed to this browser, and a command that uses it.')
  await own.getByRole('button', { name: 'Copy the command' }).click()
  await own.getByText('The command is copied').waitFor()
  return own.evaluate<string>('navigator.clipboard.readText()')
}

const above = mkdtempSync(join(tmpdir(), 'countersign-recording-'))
chmodSync(above, 0o711)
rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const browser = await chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] })
const product = await startProduct(join(above, '.countersign'))
try {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: 'light' })
  context.setDefaultTimeout(15_000)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.issuer })
  const command = await getCredential(context, product.slack)
  const [last] = steps.slice(-1)
  const { stdout } = await shell('sh', ['-c', command])
  const target = await context.newPage()
  await target.setViewportSize(SIZE)
  await target.goto(`${product.slack}/target`)
  await target.locator('#uses li.done').first().waitFor()
  await shoot(target, 'The target did what was approved, and nothing else would have worked.')
  const total = last?.seconds ?? Number.POSITIVE_INFINITY
  writeFileSync(`${FOLDER}.md`, page(product.said().replaceAll(`${above}/`, ''), command, stdout, total))
  const bytes = steps.reduce((sum, { shot }) => sum + statSync(join(FOLDER, shot)).size, 0)
  process.stdout.write(
    `from npm start to the credential on the screen: ${total.toFixed(1)} s; ${steps.length} screenshots, ${Math.ceil(bytes / 1000)} KB\n`,
  )
  for (const step of steps) process.stdout.write(`  ${step.seconds.toFixed(1).padStart(5)} s  ${step.words}\n`)
  if (total > GOAL_SECONDS || bytes > MOST_BYTES) process.exitCode = 1
} finally {
  await browser.close()
  await product.stop()
  rmSync(above, { recursive: true, force: true })
}

function page(terminal: string, command: string, answer: string, total: number): string {
  const shown = command.replaceAll(/ey[\w-]+\.[\w-]+\.[\w-]+/g, 'eyJ…')
  const told = steps.map(
    ({ seconds, words, shot }) => `**${seconds.toFixed(0)} s.** ${words}\n\n![${words}](first-credential/${shot})`,
  )
  return `# From nothing to the first credential

${total.toFixed(0)} seconds from \`npm start\` (after \`npm ci\`) to the credential on the screen, at the pace of somebody who reads ${WORDS_PER_SECOND * 60} words a minute and types
with two hands. \`npm run recording\` does it again, in a real browser, and writes this page.

\`\`\`console
$ npm start
${terminal.trim()}
\`\`\`

${told.slice(0, -1).join('\n\n')}

The command as the page shows it (the token is left out here), and what the target answers:

\`\`\`console
$ ${shown.trim()}
${answer.trim()}
\`\`\`

${told.at(-1)}
`
}
