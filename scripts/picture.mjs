// @ts-check
// Makes docs/sandbox.svg, the README's picture, from what really happens: starts the sandbox, runs a few commands in it,
// stops it, and draws what they printed.  node scripts/picture.mjs [COMMAND …]
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './setup/child.mjs'
import { terminalSvg } from './setup/terminal-svg.mjs'
import { root } from './setup.mjs'

const picturePath = `${root}/docs/sandbox.svg`
const healthUrl = 'http://127.0.0.1:8420/healthz'
const readyTimeoutMs = 120_000
const pollMs = 500
/** After readiness the sandbox still prints its summary, and after a send the receipts come in. */
const settleMs = 2_500
const commandTimeoutMs = 30_000

const commands =
  process.argv.length > 2
    ? process.argv.slice(2)
    : ['send ana "See you at eight" --wait', 'send ben "See you at eight" --wait', 'inbox']

const sandbox = spawn(process.execPath, [`${root}/scripts/start.mjs`], {
  cwd: root,
  env: { ...process.env, FORCE_COLOR: '1' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
let screen = prompt('npm start')
sandbox.stdout.on('data', (chunk) => {
  screen += chunk.toString()
})
try {
  await untilReady()
  await sleep(settleMs)
  for (const command of commands) {
    screen += `\n${prompt(`scripts/causeway ${command}`)}`
    const { code, output } = await run('sh', ['-c', `${root}/scripts/causeway ${command}`], {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: '1' },
      timeoutMs: commandTimeoutMs,
    })
    if (code !== 0) throw new Error(`causeway ${command} ended with ${code}:\n${output}`)
    screen += `${output}\n`
    await sleep(settleMs)
  }
} finally {
  sandbox.kill('SIGINT')
}
writeFileSync(
  picturePath,
  terminalSvg({ title: 'The sandbox starting, and a few messages', output: presentable(screen) }),
)
process.stdout.write(`${picturePath}\n`)

async function untilReady() {
  for (let waitedMs = 0; waitedMs < readyTimeoutMs; waitedMs += pollMs) {
    if (sandbox.exitCode !== null) throw new Error(`the sandbox ended with ${sandbox.exitCode}:\n${screen}`)
    const answer = await fetch(healthUrl).catch(() => undefined)
    if (answer?.ok) return
    await sleep(pollMs)
  }
  throw new Error(`the sandbox was not ready after ${readyTimeoutMs} ms:\n${screen}`)
}

/** @param {string} command */
function prompt(command) {
  return `\x1b[92m$\x1b[0m \x1b[1m${command}\x1b[0m\n`
}

/** Where it ran, and a token that is of no use by then, say nothing. @param {string} text */
function presentable(text) {
  return text.replaceAll(root, '~/causeway').replace(/\bcw_[\w-]{8,}/g, 'cw_…')
}
