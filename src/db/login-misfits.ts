// Whether a process logs in to the database as what it is and nothing more (DESIGN section 4). A bot that was given the owner's login would work as
// well, and its thief would write evidence; so what the login may do is compared with what its role may do, and anything beyond stops the start.

import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'

/** Sentences about what the login of this connection lacks of its role or may do beyond it; none when it is right. */
export async function loginMisfits(db: Kysely<Schema>, variable: string, role: string): Promise<readonly string[]> {
  const { rows: roles } = await sql<{ login: string; exists: boolean; member: boolean; powers: string[]; others: string[] }>`
    select current_user as login, wanted.oid is not null as exists, coalesce(pg_has_role(me.oid, wanted.oid, 'usage'), false) as member,
      array_remove(array[case when me.rolsuper then 'superuser' end, case when me.rolcreaterole then 'createrole' end,
        case when me.rolcreatedb then 'createdb' end, case when me.rolreplication then 'replication' end,
        case when me.rolbypassrls then 'bypassrls' end], null) as powers,
      array(select other.rolname::text from pg_roles other
        where other.oid not in (me.oid, wanted.oid) and pg_has_role(me.oid, other.oid, 'member') order by 1) as others
    from pg_roles me left join pg_roles wanted on wanted.rolname = ${role} where me.rolname = current_user`.execute(db)
  const [found] = roles
  if (!found?.exists) return [`The database has no role ${role} yet: run \`countersign migrate\`.`]
  const as = `${variable} logs in as ${found.login}, which`
  if (!found.member) return [`${as} is no member of ${role}: GRANT ${role} TO ${found.login}`]
  if (found.powers.length > 0)
    return [`${as} has ${found.powers.join(', ')}: use a login that is a member of ${role} and nothing else`]
  if (found.others.length > 0) return [`${as} is also a member of ${found.others.join(', ')}: it may be one of ${role} alone`]
  const { rows: beyond } = await sql<{ what: string }>`
    select verb || ' on ' || relname || '.' || attname as what
    from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped,
      unnest(array['select', 'insert', 'update', 'references']) verb
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
      and has_column_privilege(current_user, pg_class.oid, attnum, verb) and not has_column_privilege(${role}, pg_class.oid, attnum, verb)
    union all
    select verb || ' on ' || relname from pg_class, unnest(array['delete', 'truncate', 'trigger']) verb
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
      and has_table_privilege(current_user, oid, verb) and not has_table_privilege(${role}, oid, verb)
    union all
    select 'execute on ' || proname from pg_proc where pronamespace = 'public'::regnamespace
      and has_function_privilege(current_user, oid, 'execute') and not has_function_privilege(${role}, oid, 'execute')
    union all
    select 'create in the schema' where has_schema_privilege(current_user, 'public', 'create') and not has_schema_privilege(${role}, 'public', 'create')
    union all
    select 'create in the database' where has_database_privilege(current_user, current_database(), 'create')
      and not has_database_privilege(${role}, current_database(), 'create')
    order by 1`.execute(db)
  const [first] = beyond
  return first
    ? [`${as} may do more than ${role}, as ${first.what}: REVOKE what was granted to it by name, or use another login`]
    : []
}
