#!/usr/bin/env node
/**
 * The command line program: the table of commands, and how it ends. Each command's code is loaded only when it is
 * called, so that `pdu decode` does not pay for the service.
 */
import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { addBackupCommands } from './backup-commands.ts'
import { addConfigCommands } from './config-commands.ts'
import { addContactCommands } from './contact-commands.ts'
import { addDecisionCommands } from './decision-commands.ts'
import { describeError, EXIT, exitCodeFor } from './exit.ts'
import { addPinCommands } from './pin-commands.ts'
import { addQueueCommands } from './queue-commands.ts'
import { addSendCommand } from './send-command.ts'
import { addSettingsCommand } from './settings-command.ts'
import { addSignalCommands } from './signal-commands.ts'
import { addUserCommands } from './user-commands.ts'

const interrupted = new AbortController()

/** A command of its own `--json` and ways to the gateway. */
function talking(parent: Command, signature: string, summary: string): Command {
  return parent
    .command(signature)
    .description(summary)
    .option('--json', 'one JSON object a line')
    .option('--socket <path>', 'the gateway’s Unix socket')
    .option('--url <url>', 'the gateway’s address, with --token')
    .option('--token <token>', 'a token (or CAUSEWAY_TOKEN)')
    .option('--ca <file>', 'certificate to believe at an https:// --url (or CAUSEWAY_CA)')
    .option('--config <file>', 'the gateway’s configuration, to find its socket')
}

/** Runs it, and takes a number that it returns as the exit code. */
function run<Arguments extends unknown[]>(action: (...given: Arguments) => unknown) {
  return async (...given: Arguments) => {
    const code = await action(...given)
    if (typeof code === 'number') process.exitCode = code
  }
}

function program(): Command {
  const root = new Command('causeway')
    .description('One conversation per person over Signal and SMS, on a modem of your own.')
    .version(VERSION, '--version')
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError('See --help.')
  const collect = (pair: string, all: Record<string, string>) => {
    const [key = '', ...value] = pair.split('=')
    return { ...all, [key]: value.join('=') }
  }

  root
    .command('serve')
    .description('runs the gateway')
    .option('--config <file>', 'its configuration')
    .option('--set <key=value>', 'one value of the configuration; may be repeated', collect, {})
    .action(run(async (options) => (await import('./commands/serve.ts')).serve(options)))
  root
    .command('sandbox')
    .description('runs the whole world on one machine: modems, network, Signal server, people, gateway')
    .option('--data-dir <directory>', 'emptied at each start', 'data/sandbox')
    .option('--listen <address>', 'of the API', '127.0.0.1:8420')
    .option('--unregistered', 'leaves the Signal account to you')
    .option('--log-level <level>', 'of the world; the gateway writes its own log', 'warn')
    .action(run(async (options) => (await import('./commands/serve.ts')).sandbox(options)))

  addSendCommand(root, talking, run)
  talking(root, 'inbox [who]', 'conversations; or what was said with somebody')
    .option('--limit <count>', 'at most so many', '50')
    .action(run(async (who, options) => (await import('./commands/messages.ts')).inbox(who, options)))
  talking(root, 'tail', 'what happens, as it happens')
    .option('--after <event>', 'from behind this event on, instead of from now')
    .option('--count <count>', 'end after so many')
    .action(run(async (options) => (await import('./commands/tail.ts')).tail(options, interrupted.signal)))
  talking(root, 'logs', 'the last lines of the log, without numbers and texts')
    .option('-f, --follow', 'and those that come, until Ctrl-C')
    .option('--level <level>', 'info, warn or error, and what is graver', 'info')
    .option('--limit <count>', 'the newest so many', '50')
    .action(run(async (options) => (await import('./commands/logs.ts')).logs(options, interrupted.signal)))
  talking(root, 'messages', 'messages, the newest last')
    .option('--limit <count>', 'at most so many', '50')
    .option('--status <state>', 'only those in this state')
    .option('--with <who>', 'only those with this person')
    .action(run(async (options) => (await import('./commands/messages.ts')).list(options)))
  talking(root, 'show <message>', 'one message, with its plan and what was tried').action(
    run(async (id, options) => (await import('./commands/messages.ts')).show(id, options)),
  )
  addDecisionCommands(root, talking, run)
  addQueueCommands(root, talking, run)
  addSettingsCommand(root, talking, run)

  talking(root, 'reply <message> <text...>', 'answers a message, quoting it').action(
    run(async (id, words, options) => (await import('./commands/changes.ts')).reply(id, words, options)),
  )
  talking(root, 'react <message> [emoji]', 'reacts to a message that Signal carried')
    .option('--remove', 'takes the reaction away')
    .action(run(async (id, emoji, options) => (await import('./commands/changes.ts')).react(id, emoji, options)))
  talking(root, 'edit <message> <text...>', 'edits a message of yours that Signal carried').action(
    run(async (id, words, options) => (await import('./commands/changes.ts')).edit(id, words, options)),
  )
  talking(root, 'delete <message>', 'takes a message of yours back for everybody (Signal)')
    .option('--for-me', 'removes any message here and on your own other devices instead')
    .action(run(async (id, options) => (await import('./commands/changes.ts')).remove(id, options)))
  talking(
    root,
    'forget <who>',
    'removes what was said with somebody, for you alone; a group whose request it is is left',
  ).action(run(async (who, options) => (await import('./commands/conversations.ts')).forget(who, options)))
  talking(
    root,
    'accept <who>',
    'lets in a stranger, or a group that a stranger has added you to, whose request it is (Signal)',
  ).action(run(async (who, options) => (await import('./commands/conversations.ts')).accept(who, options)))
  talking(root, 'block <who>', 'keeps somebody out, or a group: Signal is dropped, texts and calls make no sound')
    .option('--delete', 'and removes what was said with them')
    .action(run(async (who, options) => (await import('./commands/contacts.ts')).block('block', who, options)))
  talking(root, 'unblock <who>', 'no longer keeps them out').action(
    run(async (who, options) => (await import('./commands/contacts.ts')).block('unblock', who, options)),
  )
  talking(root, 'blocked', 'whom and which groups you have blocked').action(
    run(async (options) => (await import('./commands/contacts.ts')).blocked(options)),
  )

  talking(
    root,
    'timer <who> <span>',
    'after what time messages with somebody disappear (Signal): 1h, P1D, or off',
  ).action(run(async (who, span, options) => (await import('./commands/conversations.ts')).timer(who, span, options)))

  const attachments = root.command('attachments').description('files of messages')
  talking(attachments, 'get <id>', 'writes one to a file')
    .option('-o, --output <file>', 'which; a fresh one is made (its own name when left out, - is standard output)')
    .option('--thumbnail', 'the small copy of a picture')
    .action(run(async (id, options) => (await import('./commands/attachments.ts')).get(id, options)))
  talking(attachments, 'fetch <id>', 'fetches one that is not here').action(
    run(async (id, options) => (await import('./commands/attachments.ts')).fetch(id, options)),
  )
  talking(attachments, 'remove <id>', 'removes its content here')
    .option('--for-me', 'on your other Signal devices as well')
    .action(run(async (id, options) => (await import('./commands/attachments.ts')).remove(id, options)))

  talking(root, 'data', 'messages for programs: to a port, or binary; the newest last')
    .option('--limit <count>', 'at most so many', '50')
    .option('--port <number>', 'only those for this port')
    .action(run(async (options) => (await import('./commands/data.ts')).list(options)))

  addContactCommands(root, talking, run)

  const group = root.command('group').description('Signal groups')
  const groups = () => import('./commands/groups.ts')
  talking(group, 'list', 'all of them').action(run(async (options) => (await groups()).list(options)))
  talking(group, 'show <group>', 'one: who is in it, and what it is like').action(
    run(async (which, options) => (await groups()).show(which, options)),
  )
  talking(group, 'create <title> [people...]', 'a new one; who has not written to us yet is invited')
    .option('--description <text>', 'what it is about')
    .option('--timer <span>', 'messages disappear after it, as 1h')
    .option('--announcements', 'only administrators write')
    .option('--avatar <file>', 'its picture')
    .action(run(async (title, people, options) => (await groups()).create(title, people, options)))
  for (const [name, summary] of [
    ['add', 'adds people; who has not written to us yet is invited'],
    ['invite', 'the same as add'],
  ] as const) {
    talking(group, `${name} <group> <people...>`, summary).action(
      run(async (which, people, options) => (await groups()).add(which, people, options)),
    )
  }
  for (const [name, summary] of [
    ['remove', 'removes a member, an invitation or a request'],
    ['ban', 'removes somebody, whom the link lets in no more'],
    ['unban', 'lets somebody come back by the link'],
    ['approve', 'lets somebody in who came by the link'],
  ] as const) {
    talking(group, `${name} <group> <who>`, summary).action(
      run(async (which, who, options) => (await groups())[name](which, who, options)),
    )
  }
  talking(group, 'role <group> <who> <role>', 'admin or member').action(
    run(async (which, who, as, options) => (await groups()).role(which, who, as, options)),
  )
  for (const [name, summary] of [
    ['accept', 'accepts an invitation, or a request'],
    ['leave', 'leaves it, or declines an invitation'],
    ['block', 'shows nothing more of it, and sends nothing there'],
    ['unblock', 'shows what comes from now on'],
  ] as const) {
    talking(group, `${name} <group>`, summary).action(
      run(async (which, options) => (await groups()).decide(name, which, options)),
    )
  }
  talking(group, 'join <link>', 'joins by a link, or asks to').action(
    run(async (link, options) => (await groups()).join(link, options)),
  )
  talking(group, 'rename <group> <title>', 'gives it another title').action(
    run(async (which, title, options) => (await groups()).change(which, { title }, options)),
  )
  talking(group, 'describe <group> <text>', 'says what it is about').action(
    run(async (which, description, options) => (await groups()).change(which, { description }, options)),
  )
  talking(group, 'timer <group> <span>', 'messages disappear after it, as 1h; off').action(
    run(async (which, span, options) => (await groups()).timer(which, span, options)),
  )
  talking(group, 'avatar <group> [file]', 'sets its picture; none')
    .option('-o, --output <file>', 'puts the present one there instead; - for the output')
    .action(run(async (which, file, options) => (await groups()).avatar(which, file, options)))
  talking(group, 'link <group> <link>', 'off, join, or request (an administrator lets people in)')
    .option('--reset', 'a fresh one; the one before works no more')
    .action(
      run(async (which, link, options) => {
        await (await groups()).change(which, { link, ...(options.reset === true ? { reset_link: true } : {}) }, options)
      }),
    )
  talking(group, 'announcements <group> <state>', 'on: only administrators write; off').action(
    run(async (which, state, options) => (await groups()).announcements(which, state, options)),
  )
  talking(group, 'rights <group>', 'who may change it, and add people')
    .option('--edit <who>', 'members or admins')
    .option('--add <who>', 'members or admins')
    .action(
      run(async (which, options) => {
        await (await groups()).change(which, { who_edits: options.edit, who_adds: options.add }, options)
      }),
    )

  const modem = root.command('modem').description('modems: state, commands, USSD, reset')
  talking(modem, 'list', 'all of them').action(
    run(async (options) => (await import('./commands/modem.ts')).list(options)),
  )
  talking(modem, 'probe', 'what is at the serial ports, and why one is not used').action(
    run(async (options) => (await import('./commands/modem.ts')).probe(options)),
  )
  talking(modem, 'at <words...>', 'one AT command; its modem before it where there are several')
    .usage('[options] [which] <command>')
    .option('--modem <which>', 'id, label, number or port')
    .action(run(async (words, options) => (await import('./commands/modem.ts')).at(words, options)))
  talking(modem, 'trace [which]', 'the last of what went through its port, for a bug report')
    .option('--output <file>', 'writes it there')
    .option('--unmasked', 'leaves numbers and texts in it')
    .action(run(async (which, options) => (await import('./commands/modem.ts')).trace(which, options)))
  talking(modem, 'ussd <words...>', 'asks the network, as *100#; replies at the terminal or with --reply')
    .usage('[options] [which] <text>')
    .option('--reply <text...>', 'replies, in their order')
    .action(run(async (words, options) => (await import('./commands/modem.ts')).ussd(words, options)))
  talking(modem, 'reset [which]', 'restarts the module')
    .option('--modem <which>', 'id, label, number or port')
    .action(run(async (which, options) => (await import('./commands/modem.ts')).reset(which, options)))

  modem
    .command('replay <file>')
    .description('runs the driver against a recorded trace, offline, and says what it made of it')
    .option('--json', 'one event a line, as JSON')
    .action(run(async (file, options) => (await import('./commands/modem.ts')).replay(file, options)))

  addPinCommands(modem, talking, run)
  addSignalCommands(root, talking, run, interrupted.signal)

  const token = root.command('token').description('tokens for programs')
  talking(token, 'create <name>', 'prints a new token, this once')
    .requiredOption('--scope <scope...>', 'messages:send, messages:read, contacts:read, …, admin')
    .action(run(async (name, options) => (await import('./commands/token.ts')).create(name, options)))
  talking(token, 'list', 'all, without their secrets').action(
    run(async (options) => (await import('./commands/token.ts')).list(options)),
  )
  talking(token, 'revoke <id>', 'from now on').action(
    run(async (id, options) => (await import('./commands/token.ts')).revoke(id, options)),
  )

  addUserCommands(root, talking, run, interrupted.signal)
  addBackupCommands(root, talking, run)

  const webhooks = root.command('webhooks').description('tells programs of what happens, over HTTP, signed')
  talking(webhooks, 'add <url>', 'adds one, and prints its secret, this once')
    .requiredOption('--events <type...>', 'message.received, message.failed, … (separated by spaces or commas)')
    .option('--description <words>', 'what it is for')
    .action(run(async (url, options) => (await import('./commands/webhooks.ts')).add(url, options)))
  talking(webhooks, 'list', 'all, and whether they work').action(
    run(async (options) => (await import('./commands/webhooks.ts')).list(options)),
  )
  talking(webhooks, 'show <webhook>', 'one, without its secret').action(
    run(async (id, options) => (await import('./commands/webhooks.ts')).show(id, options)),
  )
  talking(webhooks, 'test <webhook>', 'sends one now and says what came of it').action(
    run(async (id, options) => (await import('./commands/webhooks.ts')).test(id, options)),
  )
  talking(webhooks, 'deliveries <webhook> [delivery]', 'what was and is to be delivered; or every attempt at one')
    .option('--status <status>', 'only due, delivered or failed ones')
    .option('--limit <count>', 'at most so many', '50')
    .action(
      run(async (id, delivery, options) => (await import('./commands/webhooks.ts')).deliveries(id, delivery, options)),
    )
  talking(webhooks, 'redeliver <webhook> <delivery>', 'delivers one once more, under the same id').action(
    run(async (id, delivery, options) => (await import('./commands/webhooks.ts')).redeliver(id, delivery, options)),
  )
  talking(webhooks, 'rotate <webhook>', 'prints a new secret; the one before signs as well for a day').action(
    run(async (id, options) => (await import('./commands/webhooks.ts')).rotate(id, options)),
  )
  for (const [action, summary] of [
    ['pause', 'sends nothing more'],
    ['resume', 'takes one up again that was paused or disabled'],
  ] as const) {
    talking(webhooks, `${action} <webhook>`, summary).action(
      run(async (id, options) => (await import('./commands/webhooks.ts')).activate(action === 'resume', id, options)),
    )
  }
  talking(webhooks, 'remove <webhook>', 'with all that waits for it').action(
    run(async (id, options) => (await import('./commands/webhooks.ts')).remove(id, options)),
  )

  root
    .command('sim [words...]')
    .description('drives the sandbox; without words: what it can do')
    .option('--json', 'the result as JSON')
    .option('--socket <path>', 'the sandbox’s Unix socket')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(run(async (words, options) => (await import('./commands/sim.ts')).sim(words, options)))
  talking(root, 'doctor', 'what is wrong and what to do')
    .alias('status')
    .option('--bundle [file]', 'writes all that a bug report wants into one file: no numbers, texts or keys')
    .action(run(async (options) => (await import('./commands/doctor.ts')).doctor(options)))

  const pdu = root.command('pdu').description('explains and makes SMS PDUs, a line each')
  pdu
    .command('decode')
    .description('`[mt|mo] HEX` a line on standard input → one JSON object a line')
    .option('--json', 'it always is')
    .action(run(async () => (await import('./commands/pdu.ts')).decode()))
  pdu
    .command('encode')
    .description('one JSON object a line on standard input → HEX')
    .option('--json', 'taken, and without effect')
    .action(run(async () => (await import('./commands/pdu.ts')).encode()))

  const mms = root
    .command('mms')
    .description('picture messages: what was announced, MMS PDUs a line each, settings of carriers')
  talking(mms, 'list', 'what carriers have announced, and what came of it').action(
    run(async (options) => (await import('./commands/mms.ts')).list(options)),
  )
  talking(
    mms,
    'fetch <id>',
    'fetches one that is not here: by its id, or by that of the line in the conversation',
  ).action(run(async (id, options) => (await import('./commands/mms.ts')).fetch(id, options)))
  talking(
    mms,
    'test [modem]',
    'sends one picture message from a modem to itself, which may cost what one costs, and says which step failed',
  ).action(run(async (modem, options) => (await import('./commands/mms-test.ts')).test(modem, options)))
  mms
    .command('decode')
    .description('`[mms|wsp|sms] HEX…` a line on standard input → one JSON object a line')
    .option('--data', 'with the octets of the parts, as dataHex')
    .option('--json', 'it always is')
    .action(run(async (options) => (await import('./commands/mms.ts')).decode(options)))
  mms
    .command('encode')
    .description('one JSON object a line on standard input, as decode --data gives it → HEX')
    .option('--json', 'taken, and without effect')
    .action(run(async () => (await import('./commands/mms.ts')).encode()))
  mms
    .command('carriers')
    .description('carriers whose MMS settings are known; those that a SIM may want')
    .option('--imsi <digits>', 'of the SIM: at least the first five or six')
    .option('--spn <name>', 'what the SIM calls its provider, with --imsi')
    .option('--gid1 <hex>', 'the SIM’s group identifier, with --imsi')
    .option('--search <words>', 'in names, APNs, MMSCs and networks')
    .option('--json', 'one JSON object a line')
    .action(run(async (options) => (await import('./commands/mms.ts')).carriers(options)))

  addConfigCommands(root, run, collect)
  root
    .command('version')
    .description('which one this is')
    .option('--json', 'as JSON')
    .action((options) => {
      process.stdout.write(options.json === true ? `${JSON.stringify({ version: VERSION })}\n` : `${VERSION}\n`)
    })
  return root
}

/** `backup`, `contacts`, `group`, `modem`, `queue`, `signal`, `token`, `user` and `webhooks` alone mean their first command. */
function withDefaults(words: readonly string[]): string[] {
  const [first = '', second] = words
  const defaults: Record<string, string> = {
    backup: 'list',
    contacts: 'list',
    group: 'list',
    modem: 'list',
    queue: 'list',
    signal: 'status',
    token: 'list',
    user: 'list',
    webhooks: 'list',
  }
  const meant = defaults[first]
  const isBare = second === undefined || (second.startsWith('-') && second !== '--help' && second !== '-h')
  return meant !== undefined && isBare ? [first, meant, ...words.slice(1)] : [...words]
}

async function main(): Promise<void> {
  // Who reads us may stop reading (`| head`): that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed)
  })
  try {
    await program().parseAsync(withDefaults(process.argv.slice(2)), { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
      return
    }
    process.stderr.write(`${describeError(error)}\n`)
    process.exitCode = exitCodeFor(error)
  }
}

// Commands that run on (serve, sandbox) have their own; for all others Ctrl-C is the end.
if (!['serve', 'sandbox'].includes(process.argv[2] ?? '')) {
  process.once('SIGINT', () => {
    interrupted.abort()
    process.exit(['tail', 'logs'].includes(process.argv[2] ?? '') ? EXIT.ok : 130)
  })
}
await main()
