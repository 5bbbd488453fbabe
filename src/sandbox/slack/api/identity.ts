// Who the app is, who people are: auth, team, bots, users, user groups.

import { z } from 'zod'
import { count, done, emailOf, fail, method, page, userObject } from './method.ts'

const paged = { limit: count, cursor: z.string().optional() }

export const authTest = method(z.object({}), ({ team, app }) =>
  done({
    url: `https://${team.domain}.slack.com/`,
    team: team.name,
    user: app.name.toLowerCase(),
    team_id: team.id,
    user_id: app.userId,
    bot_id: app.botId,
    app_id: app.id,
    is_enterprise_install: false,
  }),
)

export const teamInfo = method(z.object({}), ({ team }) =>
  done({ team: { id: team.id, name: team.name, domain: team.domain, email_domain: `${team.domain}.example`, icon: {} } }),
)

export const botsInfo = method(z.object({ bot: z.string().optional() }), ({ app, now }, { bot }) =>
  bot !== undefined && bot !== app.botId
    ? fail('bot_not_found')
    : done({
        bot: {
          id: app.botId,
          deleted: false,
          name: app.name,
          updated: Math.trunc(now() / 1000),
          app_id: app.id,
          user_id: app.userId,
          icons: {},
        },
      }),
)

export const usersInfo = method(z.object({ user: z.string() }), (workspace, { user }) => {
  const person = workspace.people.get(user)
  return person ? done({ user: userObject(workspace, person) }) : fail('user_not_found')
})

export const usersList = method(z.object(paged), (workspace, { limit, cursor }) => {
  const { items, next } = page([...workspace.people.values()], limit, cursor)
  return done({ members: items.map((person) => userObject(workspace, person)), response_metadata: { next_cursor: next } })
})

export const usersLookupByEmail = method(z.object({ email: z.string() }), (workspace, { email }) => {
  const person = [...workspace.people.values()].find((each) => !each.flags.bot && emailOf(workspace, each) === email)
  return person && !person.flags.deactivated ? done({ user: userObject(workspace, person) }) : fail('users_not_found')
})

export const usergroupsList = method(z.object({}), ({ userGroups, team }) =>
  done({
    usergroups: userGroups.map(({ id, name, handle, members }) => ({
      id,
      team_id: team.id,
      is_usergroup: true,
      name,
      handle,
      description: '',
      is_external: false,
      date_delete: 0,
      users: members,
      user_count: members.length,
    })),
  }),
)

export const usergroupsUsersList = method(z.object({ usergroup: z.string() }), ({ userGroups }, { usergroup }) => {
  const group = userGroups.find((each) => each.id === usergroup)
  return group ? done({ users: group.members }) : fail('no_such_subteam')
})
