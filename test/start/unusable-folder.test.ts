// A sandbox that cannot be where it is asked for: its folder, its ports, and what lies there from before.

import { chownSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type As, SECRET } from '../support/deployment.ts'
import { holdRefused, START, sandbox } from '../support/misconfigured.ts'

const isRoot = process.getuid?.() === 0
const NOBODY: As = { uid: 65_534, gid: 65_534 }

holdRefused({
  'a sandbox with ports and level that cannot be': {
    of: START,
    prepare: sandbox((dir) => ({
      DATA_DIR: join(dir, 'data'),
      PORT: '-1',
      ISSUER_PORT: '70000',
      SANDBOX_PORT: 'x',
      LOG_LEVEL: 'all',
    })),
    says: [/\bPORT is no port/, /ISSUER_PORT is no port/, /SANDBOX_PORT is no port/, /LOG_LEVEL is no level/],
  },
  'a sandbox whose folder is a blank': {
    of: START,
    prepare: () => ({ environment: { DATA_DIR: '  ' } }),
    says: [/DATA_DIR is blank: set it to a folder for the sandbox’s data, or unset it for \.countersign\./],
  },
  'a sandbox whose folder is a file': {
    of: START,
    prepare: sandbox((dir) => ({ DATA_DIR: join(dir, 'trust-roots.json') })),
    says: [/trust-roots\.json is a file where a folder must be: name another folder\./],
  },
  'a sandbox below a file': {
    of: START,
    prepare: sandbox((dir) => ({ DATA_DIR: join(dir, 'trust-roots.json', 'data') })),
    says: [/cannot be: a part of this path is a file\. Name another folder\./],
  },
  'a sandbox in a folder with a name that is too long': {
    of: START,
    prepare: sandbox((dir) => ({ DATA_DIR: join(dir, 'x'.repeat(300)) })),
    says: [/DATA_DIR is longer than this system can do with: choose a shorter path\./],
  },
  'a sandbox in somebody else’s folder, without HOME': {
    of: START,
    prepare: ({ dir }) => {
      const data = join(dir, 'data')
      mkdirSync(data, { mode: 0o555 })
      if (isRoot) chownSync(data, 1, 1)
      return { environment: { DATA_DIR: data }, ...(isRoot && { as: NOBODY }) }
    },
    says: [/\/data\S* may not be read or written by this user: change its owner or mode, or name another\./],
  },
  'a sandbox in a folder of another issuer’s address': {
    of: START,
    prepare: ({ dir }) => {
      const data = join(dir, 'data')
      mkdirSync(data, { mode: 0o711 })
      cpSync(join(dir, 'trust-roots.json'), join(data, 'trust-roots.json'))
      return { environment: { DATA_DIR: data } }
    },
    says: [
      /trust-roots\.json belongs to https:\/\/issuer\.example\.com: start with ISSUER_PORT=.* again, or choose another DATA_DIR\./,
    ],
  },
  'a sandbox whose kept file is garbled': {
    of: START,
    prepare: ({ dir }) => {
      const data = join(dir, 'data')
      mkdirSync(data, { mode: 0o711 })
      writeFileSync(join(data, 'postgres.json'), `{"password":"${SECRET}`)
      return { environment: { DATA_DIR: data } }
    },
    says: [/postgres\.json is not a file of this version of Countersign: restore it, or choose another DATA_DIR\./],
  },
})
