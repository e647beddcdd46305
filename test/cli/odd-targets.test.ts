import { describe, expect, test } from 'vitest'
import { examine } from '../../src/cli/doctor/command.ts'
import { credential, v3Delivery } from '../support/deliveries.ts'
import { oddTargets, servingOdd } from './odd-targets.ts'
import { run } from './support.ts'
import { running } from './ui/running.ts'

describe('doctor says what stands at the URL', () => {
  test.each(oddTargets)('$what', (target) =>
    servingOdd(target, async (url) => {
      if (target.isSilent) {
        expect(await examine(new URL(url), credential, 300)).toMatchObject([
          { name: 'reach', verdict: 'fail', cause: target.cause, says: expect.stringContaining(target.says) as string },
        ])
        return
      }
      const { code, out, err } = await run(`doctor --url ${url}`)
      expect({ code, err }).toEqual({ code: 1, err: '' })
      expect(out).toContain(`reach (${target.cause})`)
      expect(out).toContain(target.says)
      expect(out).not.toMatch(/^\s+at /m)
      expect((await run(`explain ${target.cause}`)).code).toBe(0)
    }),
  )

  test.each([
    ['', 'argument missing'],
    ['smile-id', 'has to be a whole URL'],
    ['127.0.0.1:3000/smile-id', 'has to be a whole URL'],
    ['http://127.0.0.1:99999/', 'has to be a whole URL'],
    ['localhost:3000/smile-id', 'has to begin with http:// or https://'],
    ['ftp://127.0.0.1/smile-id', 'has to begin with http:// or https://'],
    ['file:///etc/hostname', 'has to begin with http:// or https://'],
    ['http://user:hunter2@example.com/', 'example.com is not this machine'],
    ['http://127.0.0.1.example.com/', 'is not this machine'],
    ['http://0.0.0.0:9/', '0.0.0.0 is not this machine'],
  ])('%s is a wrong argument', async (url, says) => {
    for (const command of ['doctor --url', 'ui --app', 'send --to']) {
      const { code, out, err } = await run(`${command} ${url}`)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toContain(says)
      expect(err).not.toContain('hunter2')
    }
  })

  test('nobody listens, on IPv4 and IPv6', async () => {
    for (const host of ['127.0.0.1', '[::1]'])
      expect((await run(`doctor --url http://${host}:9/x`)).out).toContain('reach (unreachable)')
  })

  test('a password in the URL is not said again', async () => {
    const target = {
      what: '',
      cause: '',
      says: '',
      serve: oddTargets.find(({ what }) => what === 'redirects to itself')!.serve,
    }
    const outs = await servingOdd(target, async (url) => {
      const withPassword = url.replace('127', 'user:hunter2@127') + '?reference=1'
      return [await run(`doctor --url ${withPassword}`), await run(`doctor --json --url ${withPassword}`)]
    })
    for (const { out } of outs) expect(out).toContain('leads to the same URL again')
    expect(JSON.stringify(outs)).not.toContain('hunter2')
  })
})

describe('the page beside an app says what the app is instead', () => {
  const answering = oddTargets.filter(({ isSilent, host }) => !isSilent && !host)
  test.each(answering)('$what', (target) =>
    servingOdd(target, async (url) => {
      const { page, target: front, close, io } = await running(`ui --app ${url.replace('127', 'user:hunter2@127')}`)
      const { headers, body } = v3Delivery({ timestamp: new Date().toISOString() })
      const { status } = await fetch(front, { method: 'POST', headers, body, redirect: 'manual' })
      const stream = (await fetch(`${page}events`)).body!.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      while (!text.includes('event: delivery\ndata: ') || !text.endsWith('\n\n'))
        text += (await stream.read()).value ?? ''
      const shown = JSON.parse(/event: delivery\ndata: (.*)/.exec(text)?.[1] ?? '{}') as object
      expect(shown).toMatchObject({
        status,
        code: target.cause,
        steps: [],
        cause: { name: target.cause, because: expect.stringContaining(target.says) as string },
      })
      expect(shown).not.toHaveProperty('state')
      expect(text + io.written.err).not.toContain('hunter2')
      expect(await close()).toBe(0)
    }),
  )
})
