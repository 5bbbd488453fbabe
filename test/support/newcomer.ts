// Somebody who may decide and never had a key: a person of the directory who owns services, as a new colleague does on her first day.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

type Directory = { people: Record<string, unknown>; groups: Record<string, string[]> }

/** Changes runbooks, before they are read, so that this person is a service owner as well. */
export const withNewcomer =
  (id: string, person: { readonly name: string; readonly slack?: readonly string[] }) => (dir: string) => {
    const file = join(dir, 'directory.yaml')
    const directory = parse(readFileSync(file, 'utf8')) as Directory
    directory.people[id] = person
    directory.groups['service-owners']?.push(id)
    writeFileSync(file, stringify(directory))
  }
