// What runbooks must know of credential kinds: the schemas of a target's settings and of an action's grants as authors write them. The table
// itself lives in credentials/, which this folder never imports; whoever starts a process brings it along.

import type { z } from 'zod'

export type KindSchema = {
  readonly settings: z.ZodType
  /** Reads a template: texts may hold `{parameter}`. */
  readonly grants: z.ZodType
}
export type Kinds = ReadonlyMap<string, KindSchema>
