// Asking without Slack: a choice of action, then its form. Problems stand beside their fields with what was typed; the same form sent twice is one
// request, because its id is made with the form.

import { type Field, leaseChoices, offersFor, type Problem, REASON_LENGTH } from '../../commands/judge-proposal.ts'
import type { After } from '../../commands/propose-request.ts'
import { type Action, actionName, type Parameter } from '../../domain/action.ts'
import { durationWords, refusalWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import { formToken } from './frame.ts'
import type { Session } from './session.ts'

export type Filled = {
  readonly id: string
  readonly parameters: { readonly [name: string]: string }
  readonly reason: string
  readonly leaseSeconds: number | undefined
  readonly problems: readonly Problem[]
  /** The request that this one is asked after, and a sentence about it. */
  readonly after?: After | undefined
  readonly says?: string | undefined
}

/** The actions this person may ask for. */
export function choicePage(session: Session): Html {
  const offers = offersFor(session.published.ruleSet, session.person.id)
  if (offers.length === 0)
    return html`<p>There is no action you may ask for. An administrator can change that in the runbooks.</p>`
  return html`<ul class="document narrow choices">${offers.map(({ action }) => {
    const full = actionName(action)
    return html`<li><a href="/ask?action=${full}">${shown(action.title)}</a> <span class="quiet code">${full}</span></li>`
  })}</ul>`
}

/** The form of one action. */
export function askPage(session: Session, action: Action, filled: Filled): Html {
  const problem = (at: Field): string | undefined => {
    const found = filled.problems.find((each) => each.at === at)
    return found && refusalWords(found.refusal)
  }
  const placed = new Set<string>([...action.parameters.map(({ name }) => `parameter:${name}`), 'reason', 'lease'])
  const others = filled.problems.filter(({ at }) => !placed.has(at))
  const approvals = action.rules.approvals.map(({ group, count }) => `${count} of ${group}`).join(', ')
  return html`<div class="document narrow">
<p class="quiet"><span class="code">${actionName(action)}</span> on <span class="code">${action.credential.target}</span>. Approved by ${approvals}.</p>
${filled.says !== undefined && html`<p class="card">${filled.says}</p>`}
${others.map(({ refusal }) => html`<p class="notice" role="alert">${refusalWords(refusal)}</p>`)}
<form method="post" action="/ask">
${formToken(session)}
<input type="hidden" name="id" value="${filled.id}">
<input type="hidden" name="action" value="${actionName(action)}">
${filled.after && html`<input type="hidden" name="after" value="${filled.after.id}"><input type="hidden" name="how" value="${filled.after.how}">`}
${action.parameters.map((parameter) => parameterField(parameter, filled.parameters[parameter.name], problem(`parameter:${parameter.name}`)))}
${leaseField(action, filled.leaseSeconds, problem('lease'))}
${field('reason', 'Why?', 'Those who decide read this, here, in Slack and on the signing page.', problem('reason'), (described) => html`<textarea id="reason" name="reason" rows="3" required minlength="${REASON_LENGTH.min}" maxlength="${REASON_LENGTH.max}" ${described}>${filled.reason}</textarea>`)}
<p class="row"><button class="main">Next: confirm with your key</button> <a href="/ask">Another action</a></p>
</form>
</div>`
}

function parameterField(parameter: Parameter, given: string | undefined, problem: string | undefined): Html {
  const { name, label } = parameter
  const hint = [parameter.help, parameter.personal ? 'Personal: shown only on the signing page.' : '']
    .filter((text) => text !== '')
    .join(' ')
  const id = `p.${name}`
  if (parameter.type === 'boolean') {
    const radio = (value: string, text: string) =>
      html`<label><input type="radio" name="${id}" value="${value}" required ${given === value && html`checked`}> ${text}</label> `
    return html`<fieldset class="field"><legend>${label}</legend>${hint !== '' && html`<p class="hint">${hint}</p>`}${problem !== undefined && html`<p class="problem">${problem}</p>`}${radio('true', 'Yes')}${radio('false', 'No')}</fieldset>`
  }
  return field(id, label, hint, problem, (described) => {
    switch (parameter.type) {
      case 'enum':
        return html`<select id="${id}" name="${id}" required ${described}><option value="">Choose</option>${parameter.values.map((value) => html`<option value="${value}" ${given === value && html`selected`}>${value}</option>`)}</select>`
      case 'integer':
        return html`<input type="number" id="${id}" name="${id}" required step="1" min="${parameter.minimum}" max="${parameter.maximum}" value="${given ?? ''}" ${described}>`
      case 'string':
        return html`<input type="text" id="${id}" name="${id}" required maxlength="${parameter.max_length}" autocomplete="off" value="${given ?? ''}" ${described}>`
    }
  })
}

function leaseField(action: Action, given: number | undefined, problem: string | undefined): Html {
  const chosen = given ?? action.lease.default_seconds
  return field('lease', 'For how long?', 'The time starts when you claim the credential.', problem, (described) => {
    const options = leaseChoices(action).map(
      (seconds) => html`<option value="${seconds}" ${seconds === chosen && html`selected`}>${durationWords(seconds)}</option>`,
    )
    return html`<select id="lease" name="lease" required ${described}>${options}</select>`
  })
}

function field(id: string, label: string, hint: string, problem: string | undefined, input: (described: Html) => Html): Html {
  const notes = [hint === '' ? '' : `${id}-hint`, problem === undefined ? '' : `${id}-problem`]
    .filter((each) => each !== '')
    .join(' ')
  const described = html`${notes !== '' && html`aria-describedby="${notes}"`} ${problem !== undefined && html`aria-invalid="true"`}`
  return html`<div class="field"><label for="${id}">${label}</label>
${hint !== '' && html`<p class="hint" id="${id}-hint">${hint}</p>`}
${problem !== undefined && html`<p class="problem" id="${id}-problem">${problem}</p>`}
${input(described)}</div>`
}
