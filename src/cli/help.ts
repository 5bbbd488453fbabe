// What the command line says of itself: all commands on one page, one command with its options, and the nearest command to one that there is not.

import { nearestName } from '../domain/nearest.ts'
import { CLAIM_USAGE } from './claim-options.ts'

type Topic = { readonly line: string; readonly usage: string; readonly text: string }

const TOPICS: Readonly<Record<string, Topic>> = {
  start: {
    line: 'both processes; without any configuration, everything embedded',
    usage: 'countersign start',
    text: `Without configuration: a sandbox in .countersign, with PostgreSQL, a simulated Slack, people with simulated keys and a target. PORT, ISSUER_PORT,
SANDBOX_PORT, DATA_DIR and LOG_LEVEL change it. Nothing in it means anything elsewhere.

With the configuration of production: the bot and the issuer as two processes, each with its own variables, started again when they die.
SIGTERM ends both within ten seconds, a second one at once. SIGHUP has the issuer read its runbooks again.`,
  },
  bot: {
    line: 'the bot: Slack, console, telling',
    usage: 'countersign bot',
    text: `Needs DATABASE_URL, PUBLIC_URL, ISSUER_URL, TRUST_ROOTS, SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET and SLACK_TEAM_IDS, and none of the issuer's.
Optional: PORT, HOST, LOG_LEVEL, METRICS_TOKEN, SLACK_API_URL.`,
  },
  issuer: {
    line: 'the issuer: the pages where people sign, and the credentials',
    usage: 'countersign issuer',
    text: `Needs ISSUER_DATABASE_URL, PUBLIC_URL, ISSUER_URL, TRUST_ROOTS, KEYS_DIR and RUNBOOKS_DIR, and none of the bot's.
Optional: ISSUER_PORT, HOST, TRUSTED_PROXIES, LOG_LEVEL, METRICS_TOKEN. SIGHUP has it read its runbooks again.`,
  },
  migrate: {
    line: 'bring the database up to date',
    usage: 'countersign migrate',
    text: `Needs MIGRATE_DATABASE_URL: the login that owns the tables, which neither process has. Forward only, and safe to run again.`,
  },
  bootstrap: {
    line: 'pin the first one to three administrators, on the issuer’s host',
    usage: 'countersign bootstrap [--person ID …] [--new-realm prod|sandbox | --new-roots]',
    text: `Needs the issuer's variables but no database. Prints a link for each person, shows the words of the key that was registered by it, and pins it in
TRUST_ROOTS after you compared them. Writes over nothing; new roots keep those of before beside them, as ….era-1.json.

  --person ID        an administrator of directory.yaml; may be repeated (all of them)
  --new-realm KIND   prod, or sandbox for a trial on localhost (prod)
  --new-roots        for a deployment whose roots were lost or stolen: puts new ones in their place, and every key of before loses its power. Needs all
                     variables of the issuer, and its database, which nobody may serve meanwhile`,
  },
  runbooks: {
    line: 'every mistake in the runbooks, with file, line and mend',
    usage: 'countersign runbooks check [DIR] [--json]',
    text: `Checks DIR (RUNBOOKS_DIR, or runbooks) as the issuer does before it publishes. Exit code 0 when it can be published, 1 when not.

  --json             the same as one JSON object`,
  },
  attestation: {
    line: 'which models of security keys count as hardware',
    usage: 'countersign attestation import BLOB.jwt [--aaguid UUID …] [--root CERT.pem …] [--out FILE]',
    text: `Takes what FIDO's metadata says of these models, and of those imported before, into attestation.yaml of RUNBOOKS_DIR (or runbooks). Checks the
metadata's signature without network; entries by hand stay. https://mds3.fidoalliance.org/ gives the file. docs/attestation.md says more.

  --aaguid UUID      a model that you accept; may be repeated
  --root FILE        a root of the metadata's signature, in place of those that come along; may be repeated
  --out FILE         another file than attestation.yaml there`,
  },
  claim: { line: 'wait here for a credential, and print it or run a command with it', usage: '', text: CLAIM_USAGE },
  receipt: {
    line: 'make what proves a credential: who signed what, under which rule',
    usage: `countersign receipt --request ID [--credential N] [--out FILE]`,
    text: `Makes the receipt of a request on the issuer's host, out of the database, with all that is kept; that needs ISSUER_DATABASE_URL and TRUST_ROOTS, no
key. Elsewhere it is a file to download: choose Receipt on the request's page and sign in, as who asked, decided or may decide, or as auditor or
administrator. Exit code 0 made, 1 refused, 2 wrong usage.

  --credential N     which credential of the request (1)
  --out FILE         a new file for it (standard output)`,
  },
  verify: {
    line: 'judge a receipt by your trust roots, without network',
    usage: `countersign verify receipt.json --roots trust-roots.json [--json] [--allow-unproven]
countersign verify --page FILE`,
    text: `Says who confirmed what, when, with which key, under which rule, if every signature of it stands. Reads these two files and nothing else. The
roots must be your own copy. docs/receipt.md says how a receipt is judged. Exit code 0 valid, 1 not valid, 2 wrong usage.

  --json             the same as one JSON object
  --allow-unproven   0 also where signatures are valid and rules unproven: receipts of credentials of before issuers signed
  --page FILE        write one HTML file that does the same in a browser, with no network`,
  },
  doctor: {
    line: 'what is well and what is not, part by part, with mends',
    usage: 'countersign doctor [--json]',
    text: `Looks at this environment as a start does, and further: database, roots, keys, addresses, clocks, ports, Slack. It changes nothing.
Exit code 0 when all is well, 1 when not.

  --json             the same as one JSON object`,
  },
}

const WIDTH = 12

/** All commands. */
export const helpText = (): string => `countersign: just-in-time privileged access; the bot may ask, only signatures may grant

${Object.entries(TOPICS)
  .map(([name, { line }]) => `  countersign ${name.padEnd(WIDTH)}${line}`)
  .join('\n')}

  countersign help COMMAND    its options and variables
  countersign --version

Settings come from the environment; README.md lists them. Start with \`countersign start\`.
`

/** One command, or undefined when there is none of this name. */
export function helpFor(name: string): string | undefined {
  const topic = Object.hasOwn(TOPICS, name) ? TOPICS[name] : undefined
  if (!topic) return undefined
  return topic.usage === '' ? topic.text : `${topic.usage}\n\n${topic.text}\n`
}

/** What to say of a command that there is not. */
export function noCommand(name: string): string {
  const near = nearestName(name, Object.keys(TOPICS))
  return `there is no command “${name.slice(0, 40)}”${near === undefined ? '' : `; did you mean \`countersign ${near}\`?`} \`countersign help\` lists them.`
}
