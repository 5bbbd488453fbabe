// Each mistake an author can make is named with its file, its line and its mend.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialKinds } from '../../src/credentials/index.ts'
import { loadRuleSet } from '../../src/runbooks/load.ts'
import { changed, type Files, GOOD_FILES, runbookFolder } from '../support/runbook-folder.ts'

type Mistake = {
  readonly is: string
  readonly files: Files
  /** `file:line:column` */
  readonly at: string
  readonly what: RegExp
  readonly mend?: RegExp
}

const inRunbook = (is: string, from: string, to: string, at: string, what: RegExp, mend?: RegExp): Mistake => ({
  is,
  files: changed('restart.md', from, to),
  at: `restart.md:${at}`,
  what,
  ...(mend && { mend }),
})
const inDirectory = (is: string, from: string, to: string, at: string, what: RegExp, mend?: RegExp): Mistake => ({
  is,
  files: changed('directory.yaml', from, to),
  at: `directory.yaml:${at}`,
  what,
  ...(mend && { mend }),
})
const inTargets = (is: string, from: string, to: string, at: string, what: RegExp, mend?: RegExp): Mistake => ({
  is,
  files: changed('targets.yaml', from, to),
  at: `targets.yaml:${at}`,
  what,
  ...(mend && { mend }),
})
const pattern = (written: string) => ['pattern: "[a-z-]{1,40}"', `pattern: '${written}'`] as const

const MISTAKES: readonly Mistake[] = [
  // form
  inRunbook('an unknown key', 'title: Restart', 'titel: Restart', '5:5', /`titel` is not known here/, /did you mean `title`/),
  inRunbook(
    'an unknown key of the file',
    'channel:',
    'owner: me\nchannel:',
    '2:1',
    /`owner` is not known here/,
    /known here: `channel`, `actions`/,
  ),
  inRunbook(
    'a key of another type of parameter',
    'type: integer, label',
    'type: integer, pattern: x, label',
    '13:34',
    /`pattern` is not known/,
    /belongs to `type: string`/,
  ),
  inRunbook('a missing title', '    title: Restart a service\n', '', '4:3', /`title` is missing/, /add `title:`/),
  inRunbook('a missing channel', 'channel: "#incidents"\n', '', '2:1', /`channel` is missing/),
  inRunbook('a channel that YAML takes for a comment', '"#incidents"', '#incidents', '2:10', /`channel` is empty/, /in quotes/),
  inRunbook('a channel that Slack cannot have', '"#incidents"', '"#in cidents"', '2:10', /`channel` does not fit/),
  inRunbook('a time without a unit', 'default: 15m', 'default: 15', '14:23', /`default` does not fit: 15/, /with a unit/),
  inRunbook(
    'a time beyond what the format takes',
    'maximum: 1h',
    'maximum: 2d',
    '14:37',
    /`maximum` does not fit/,
    /from 30s to 1d/,
  ),
  inRunbook(
    'an unknown type of parameter',
    'type: integer',
    'type: int',
    '13:25',
    /`type` does not fit: "int"/,
    /one of string, enum, integer, boolean/,
  ),
  inRunbook('a parameter named like no variable', 'replicas: { type', 'Replicas: { type', '13:7', /`Replicas` is not a name/),
  inRunbook('an action named like no action', '  restart:\n', '  Restart:\n', '4:3', /`Restart` is not a name/),
  inRunbook(
    'no action at all',
    GOOD_FILES['restart.md'].slice(26, GOOD_FILES['restart.md'].indexOf('---\n# R')),
    'actions: {}\n',
    '3:10',
    /`actions` does not fit/,
    /must offer an action/,
  ),
  inRunbook('nobody to ask', 'ask: [on-call]', 'ask: []', '15:10', /`ask` does not fit/, /empty list means nobody/),
  inRunbook(
    'no approval',
    '\n      - { group: owners, count: 1 }',
    ' []',
    '16:14',
    /`approve` does not fit/,
    /nothing is granted without an approval/,
  ),
  inRunbook('an approval of nobody', 'count: 1', 'count: 0', '17:33', /`count` does not fit: 0/, /at least 1/),
  inRunbook(
    'a text over two lines where one belongs',
    'title: Restart a service',
    'title: "Restart\\na service"',
    '5:12',
    /`title` does not fit/,
    /one line/,
  ),
  // YAML that says something else than it shows
  inRunbook('a duplicate key', '    kind: jwt', '    kind: ssh\n    kind: jwt', '7:5', /`kind` stands twice/),
  inRunbook(
    'two actions of one name',
    '    ask: [on-call]',
    '    ask: [on-call]\n  restart: {}',
    '16:3',
    /`restart` stands twice/,
  ),
  inRunbook('an anchor', 'ask: [on-call]', 'ask: &a [on-call]', '15:13', /`&a` is an anchor/),
  inRunbook('an alias', 'ask: [on-call]', 'ask: *a', '15:10', /alias/i),
  inRunbook('a merged map', 'lease: { default', 'lease: { <<: {}, default', '14:14', /`<<` merges another map/),
  inRunbook('a tag', 'title: Restart', 'title: !!str Restart', '5:18', /has a type tag/),
  inRunbook('the key __proto__', 'lease: { default', 'lease: { __proto__: {}, default', '14:14', /`__proto__` is no name/),
  inRunbook('a second document', 'actions:\n', '...\nactions:\n', '4:1', /second YAML document/),
  inRunbook('a tab as indent', '    kind: jwt', '\tkind: jwt', '6:1', /tab/),
  inRunbook('an unclosed list', 'ask: [on-call]', 'ask: [on-call', '16:5', /./),
  // text
  inRunbook('a direction override in the text', 'Restarts it.', 'Restarts \u202Eit.', '21:10', /U\+202E/),
  inRunbook('an invisible letter in a label', 'label: Service', 'label: Ser\u200Bvice', '12:42', /U\+200B/),
  inRunbook('an invisible letter behind an escape', 'label: Service', 'label: "Ser\\u200Bvice"', '12:39', /U\+200B/),
  inRunbook('a letter in two parts', 'Restarts it.', 'Restarts the cafe\u0301.', '21:17', /NFC/),
  inRunbook('front matter without an end', '---\n# Restart', '# Restart', '1:1', /without an end/),
  inRunbook('no front matter', '---\nchannel', 'channel', '1:1', /does not begin with front matter/),
  inRunbook('no text', '# Restart\n\nRestarts it.\n', '', '18:1', /has no text/),
  inRunbook('a text too long', 'Restarts it.', 'x'.repeat(20_001), '19:1', /20012 characters of text/),
  {
    is: 'a file too large',
    files: { ...GOOD_FILES, 'restart.md': 'x'.repeat(65_537) },
    at: 'restart.md:1:1',
    what: /65537 bytes/,
  },
  {
    is: 'a file that is not UTF-8',
    files: { ...GOOD_FILES, 'restart.md': new Uint8Array([0x2d, 0xff]) },
    at: 'restart.md:1:1',
    what: /not UTF-8/,
  },
  {
    is: 'a byte-order mark',
    files: { ...GOOD_FILES, 'restart.md': `\uFEFF${GOOD_FILES['restart.md']}` },
    at: 'restart.md:1:1',
    what: /byte-order mark/,
  },
  // the folder
  {
    is: 'a file that nobody reads',
    files: { ...GOOD_FILES, 'directory.yml': '' },
    at: 'directory.yml:1:1',
    what: /neither/,
    mend: /directory\.yaml/,
  },
  {
    is: 'a runbook with a name of its own kind',
    files: { ...GOOD_FILES, 'Read_Me.md': '' },
    at: 'Read_Me.md:1:1',
    what: /neither/,
    mend: /small letters/,
  },
  {
    is: 'a folder named like a runbook',
    files: { ...GOOD_FILES, 'drop.md/': '' },
    at: 'drop.md:1:1',
    what: /cannot be read: EISDIR/,
  },
  {
    is: 'a missing directory',
    files: { 'restart.md': GOOD_FILES['restart.md'], 'targets.yaml': GOOD_FILES['targets.yaml'] },
    at: 'directory.yaml:1:1',
    what: /is missing/,
  },
  // names
  inRunbook(
    'an unknown group that asks',
    'ask: [on-call]',
    'ask: [oncall]',
    '15:11',
    /`oncall` is not a group/,
    /did you mean `on-call`/,
  ),
  inRunbook(
    'an unknown group that approves',
    'group: owners',
    'group: boss',
    '17:18',
    /`boss` is not a group/,
    /there are: on-call, owners/,
  ),
  inRunbook('an empty group in a rule', 'group: owners', 'group: retired', '17:18', /`retired` is empty/),
  inRunbook(
    'an unknown target',
    'target: cluster',
    'target: clutser',
    '7:13',
    /`clutser` is not in targets/,
    /did you mean `cluster`/,
  ),
  inRunbook('an unknown kind', 'kind: jwt', 'kind: jwd', '6:11', /`jwd` is not a kind/, /did you mean `jwt`/),
  inTargets('an unknown kind of a target', 'kind: jwt', 'kind: pigeon', '2:9', /`pigeon` is not a kind/, /there are: jwt/),
  inTargets(
    'a setting that the kind does not know',
    'audience:',
    'audiense:',
    '3:15',
    /`audiense` is not known/,
    /did you mean `audience`/,
  ),
  inTargets('a setting that does not fit the kind', '"urn:example:cluster"', '"a b"', '3:25', /`audience` does not fit/),
  inTargets('a setting that is no text', '"urn:example:cluster"', '7', '3:25', /`audience` does not fit: 7/, /quotes/),
  inRunbook('a grant that the kind does not know', 'scope:', 'scopes:', '9:7', /`scopes` is not known/, /did you mean `scope`/),
  inRunbook(
    'a grant that does not fit the kind',
    '"service:restart"',
    '"service restart"',
    '9:15',
    /entry 1 of `scope` does not fit/,
  ),
  inDirectory(
    'an unknown person in a group',
    'owners: [ana, bo]',
    'owners: [ana, boo]',
    '7:17',
    /`boo` is not one of `people`/,
    /did you mean `bo`/,
  ),
  inDirectory(
    'an unknown administrator',
    'administrators: [ana]',
    'administrators: [anna]',
    '9:18',
    /`anna` is not one of `people`/,
    /did you mean `ana`/,
  ),
  inDirectory('an unknown auditor', 'auditors: [bo]', 'auditors: [theo]', '10:12', /`theo` is not one of `people`/),
  inDirectory('somebody listed twice', 'owners: [ana, bo]', 'owners: [ana, bo, ana]', '7:21', /`ana` stands twice in `owners`/),
  inDirectory('one Slack account of two people', 'U012AB3CE', 'U012AB3CD', '3:29', /also listed for `rey`/),
  inDirectory(
    'one subject of two people, in whatever case',
    'bo: { name: Bo }',
    'bo: { name: Bo, oidc: bo@x.example }\n  cy: { name: Cy, oidc: Bo@x.example }',
    '5:25',
    /also that of `bo`/,
    /once, for the one human/,
  ),
  inDirectory(
    'a subject with a space',
    'bo: { name: Bo }',
    'bo: { name: Bo, oidc: "b o" }',
    '4:25',
    /`oidc` does not fit/,
    /without spaces/,
  ),
  inDirectory(
    'a Slack account by name',
    'T024BE7LD/U012AB3CE',
    '"@ana"',
    '3:29',
    /entry 1 of `slack` does not fit/,
    /TEAM\/USER/,
  ),
  inDirectory('a person id with capitals', '  bo: {', '  Bo: {', '4:3', /`Bo` is not a name/),
  // what the parts say together
  inRunbook(
    'a parameter that is not there',
    '"{service}"',
    '"{servce}"',
    '10:28',
    /`\{servce\}` is not a parameter/,
    /did you mean `\{service\}`/,
  ),
  inRunbook('a parameter without its quotes', '"{service}"', '{service}', '10:29', /null cannot be granted/, /in quotes/),
  inRunbook('a lone brace', '"{service}"', '"{service} {"', '10:28', /lone `\{`/, /`\{\{`/),
  inRunbook(
    'a parameter by a name of ours',
    '"{replicas}" }\n    parameters:',
    '"{replicas}", lease: "{lease}" }\n    parameters:\n      lease: { type: boolean, label: Lease }',
    '12:14',
    /`lease` is what every request has/,
  ),
  inRunbook('a parameter that grants nothing', ', replicas: "{replicas}"', '', '13:7', /`replicas` is used nowhere/),
  {
    is: 'a personal parameter within a text',
    files: {
      ...GOOD_FILES,
      'restart.md': GOOD_FILES['restart.md']
        .replace('"{service}"', '"svc {service}"')
        .replace('label: Service,', 'label: Service, personal: true,'),
    },
    at: 'restart.md:10:28',
    what: /`\{service\}` is personal and only a part/,
    mend: /nothing else/,
  },
  inRunbook('a grant named like a commitment', 'resource: { service', 'resource: { commitment: x, service', '10:31', /reserved/),
  inRunbook('a default over the maximum', 'default: 15m', 'default: 2h', '14:23', /longer than `maximum`/),
  inRunbook('a minimum over the maximum', 'minimum: 1', 'minimum: 10', '13:60', /greater than `maximum`/),
  inRunbook(
    'a value listed twice',
    'type: integer, label: Replicas, minimum: 1, maximum: 9',
    'type: enum, label: R, values: [a, b, a]',
    '13:56',
    /"a" stands twice/,
  ),
  inRunbook('a pattern that is none', ...pattern('[a-z'), '12:57', /no regular expression/),
  inRunbook('a pattern that can run away', ...pattern('(a+)+'), '12:57', /run away/),
  inRunbook('a pattern that looks ahead', ...pattern('(?=a)a'), '12:57', /look-around/),
  inRunbook('a pattern that refers back', ...pattern('(a)\\1'), '12:57', /refers back/),
  inRunbook('a pattern that fits no text', ...pattern('a{201}'), '12:57', /only texts longer than 200/),
  inRunbook(
    'a group named in two rules',
    '- { group: owners, count: 1 }',
    '- { group: owners }\n      - { group: owners }',
    '18:9',
    /`owners` stands twice/,
  ),
  inRunbook('more approvers than there are', 'count: 1', 'count: 3', '17:18', /asks for 3 of `owners`, which has 2/),
  {
    is: 'rules that nobody can satisfy, because the only requester must approve too',
    files: changed('directory.yaml', 'owners: [ana, bo]', 'owners: [rey]'),
    at: 'restart.md:16:5',
    what: /nobody can ever be granted this/,
  },
]

for (const { is, files, at, what, mend } of MISTAKES) {
  test(`${is} is refused at its line`, async (t) => {
    const loaded = await loadRuleSet(await runbookFolder(t, files), credentialKinds)
    assert.equal(loaded.ok, false)
    const places = loaded.problems.map(({ file, line, column, what }) => `${file}:${line}:${column} ${what}`)
    const here = loaded.problems.filter(({ file, line, column }) => `${file}:${line}:${column}` === at)
    assert.ok(here.length > 0, `nothing at ${at}, but ${places.join('; ')}`)
    const found = here.find((problem) => what.test(problem.what))
    assert.ok(found, `at ${at}: ${places.join('; ')}`)
    if (mend) assert.match(found.mend, mend)
  })
}
