// A provider that is configured half or wrong, met by the command that an operator runs; the rest of it stands in test/provider-config.test.ts.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SECRET } from '../support/deployment.ts'
import { holdRefused, ISSUER, withIssuer } from '../support/misconfigured.ts'

const provider = { OIDC_ISSUER: 'https://login.example', OIDC_CLIENT_ID: 'countersign' }

holdRefused({
  'the issuer with half a provider': {
    of: ISSUER,
    prepare: withIssuer({ OIDC_ISSUER: 'https://login.example' }),
    says: [/OIDC_CLIENT_ID is missing: set it to/, /OIDC_CLIENT_SECRET is missing: set it to/],
  },
  'the issuer with a provider whose secret is in no file': {
    of: ISSUER,
    prepare: withIssuer({ ...provider, OIDC_CLIENT_SECRET_FILE: '/nowhere/secret' }),
    says: [/OIDC_CLIENT_SECRET_FILE: \/nowhere\/secret: cannot be read; correct the path/],
  },
  'the issuer with a provider whose secret shares its file': {
    of: ISSUER,
    prepare: ({ dir, issuer }) => {
      const file = join(dir, 'oidc-secret')
      writeFileSync(file, `client_secret=${SECRET}\nclient_id=x\n`)
      return { environment: { ...issuer, ...provider, OIDC_CLIENT_SECRET_FILE: file } }
    },
    says: [/OIDC_CLIENT_SECRET_FILE: \S+: must hold the client’s secret on one line and nothing else/],
  },
})
