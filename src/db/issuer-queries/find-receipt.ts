// What receipts are made of, beside the request and its statements: the changes of the directory up to one, and the openings of notes.

import type { Kysely } from 'kysely'
import { type Opening, opening } from '../../domain/commitment.ts'
import type { Digest } from '../../domain/ids.ts'
import { read } from '../../domain/shape.ts'
import type { DirectoryLink } from '../../evidence/bundle.ts'
import type { Schema } from '../schema.ts'

/** The changes of an era's directory up to a position, in order. */
export async function findLinks(db: Kysely<Schema>, era: number, until: number): Promise<DirectoryLink[]> {
  const rows = await db
    .selectFrom('directory')
    .select('link')
    .where('era', '=', era)
    .where('sequence', '<=', until)
    .orderBy('sequence')
    .execute()
  return rows.map(({ link }) => link)
}

/** The openings of these statements' notes, as far as they are kept. */
export async function findNotes(db: Kysely<Schema>, statements: readonly Digest[]): Promise<ReadonlyMap<Digest, Opening>> {
  const rows = await db
    .selectFrom('statement')
    .select(['digest', 'note_value', 'note_salt'])
    .where('digest', 'in', statements)
    .where('note_value', 'is not', null)
    .execute()
  const notes = new Map<Digest, Opening>()
  for (const { digest, note_value, note_salt } of rows) {
    const found = read(opening, { value: JSON.parse(note_value ?? 'null'), salt: note_salt })
    if (found.ok) notes.set(digest, found.value)
  }
  return notes
}
