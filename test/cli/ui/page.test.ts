import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { sample, signDelivery, type SampleOverrides } from '../../../src/testing/index.ts'
import { browserIsThere, openBrowser } from '../../support/browser.ts'
import { credential } from '../../support/deliveries.ts'
import { runningBesideApp, runningListen } from './running.ts'

const axe = createRequire(import.meta.url).resolve('axe-core')
const isThere = browserIsThere()
const patient = { timeout: 30_000 }

describe.skipIf(!isThere)('the page, in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  }, 60_000)
  afterAll(() => browser.close())

  async function open(
    url: string,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ page: Page; problems: string[] }> {
    const context = await browser.newContext(options)
    onTestFinished(() => context.close())
    const page = await context.newPage()
    page.setDefaultTimeout(patient.timeout)
    const problems: string[] = []
    page.on('console', (line) => {
      if (line.type() === 'error') problems.push(line.text())
    })
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:'))
        problems.push(request.url())
    })
    await page.goto(url)
    await page.getByText('listening').waitFor()
    return { page, problems }
  }

  const post = (url: string, { headers, body }: { headers: Record<string, string>; body: string }) =>
    fetch(url, { method: 'POST', headers, body })
  const genuine = (change: SampleOverrides = {}) =>
    signDelivery({ generation: 'v3', credential, payload: sample('document_verification', 'approved', change) })
  const forged = () =>
    signDelivery({
      generation: 'v3',
      credential: { partnerId: '0085', apiKey: credential.apiKey },
      payload: sample('document_verification', 'approved'),
    })
  const row = (page: Page, n: number) => page.locator(`[data-n="${n}"]`)
  const headline = (page: Page, n: number, text: string) => row(page, n).locator('summary .code', { hasText: text })

  test('shows deliveries as they come, with their checks, and asks nobody else', async () => {
    const { page: url, target } = await runningListen()
    const { page, problems } = await open(url)
    await post(target, genuine({ jobId: 'job-1' }))
    await headline(page, 1, '200 accepted').waitFor()
    expect(await row(page, 1).getAttribute('data-code')).toBe('accepted')
    await row(page, 1).locator('summary').click()
    await row(page, 1).getByText('made with the key of partner 085').waitFor()
    await page.locator('[data-job="job-1"]').getByText('mergeJob says: approved (final)').waitFor()
    expect(problems).toEqual([])
  }, 60_000)

  test('a refusal shows its cause and the step that refused', async () => {
    const { page: url, target } = await runningListen()
    const { page } = await open(url)
    await post(target, forged())
    await headline(page, 1, '401 signature_mismatch').waitFor()
    await row(page, 1).getByText('Likely cause: partner_id_zeros').waitFor()
    expect(await row(page, 1).locator('.ladder .fail').innerText()).toContain('key')
    await row(page, 1).getByText('What to do').waitFor()
  }, 60_000)

  test('the keyboard alone suffices: a story, a duplicate, a forgery, out of order, again', async () => {
    const { page: url } = await runningListen()
    const { page } = await open(url)
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab')
        const here = await page.evaluate(
          '(document.activeElement?.localName === "summary" ? `delivery ${document.activeElement.closest("li").dataset.n}` : document.activeElement?.getAttribute("aria-label")) ?? document.activeElement?.textContent ?? ""',
        )
        if (here === name) return
      }
      throw new Error(`${name} cannot be reached`)
    }
    const press = async (name: string, n: number, says: string) => {
      await tabTo(name)
      await page.keyboard.press('Enter')
      await row(page, n).getByText(says).first().waitFor()
    }
    await press('Next callback', 1, 'ID look-up passed')
    await press('Next callback', 2, 'provisional')
    await press('Next callback', 3, 'approved')
    await press('Duplicate', 4, '200 duplicate')
    await press('Forgery', 5, '401 signature_mismatch')
    await press('Out of order', 8, '200 accepted')
    await tabTo('delivery 3')
    await page.keyboard.press('Enter')
    await press('Send again: delivery 3', 9, 'approved')
    const states = await page.locator('[data-job]').first().locator('.timeline .dim').allInnerTexts()
    expect(states).toEqual([
      'then: approved (final)',
      'then: approved (final)',
      'then: approved (final), ID look-up passed',
    ])
  }, 120_000)

  test('axe finds nothing serious, in light and dark, on a desk and on a phone', async () => {
    const { page: url, target } = await runningListen()
    await post(target, genuine())
    await post(target, forged())
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1_200, 360]) {
        const { page } = await open(url, { colorScheme, viewport: { width, height: 800 } })
        await row(page, 2).waitFor()
        await row(page, 1).locator('summary').click()
        // The page's policy forbids other scripts, so axe comes through the debugger.
        await page.evaluate(readFileSync(axe, 'utf8'))
        const { violations } = await page.evaluate<{
          violations: { id: string; impact: string; nodes: { html: string }[] }[]
        }>('axe.run()')
        expect(
          violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`),
        ).toEqual([])
        expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
      }
    }
  }, 120_000)

  test('identity data appears when it is asked for, and not before', async () => {
    const { page: url, target } = await runningListen()
    const { page } = await open(url)
    await post(target, genuine({ id_fields: { full_name: 'CANARY-7f3a' }, partnerParams: { phone: 'CANARY-7f3a' } }))
    await row(page, 1).locator('summary').click()
    expect(await page.content()).not.toContain('CANARY')
    await row(page, 1).getByRole('button', { name: 'Show identity data' }).click()
    await row(page, 1).getByText('CANARY-7f3a').first().waitFor()
  }, 60_000)

  test('what is delivered is text, never markup', async () => {
    const { page: url, target } = await runningListen()
    const { page } = await open(url)
    await post(target, genuine({ jobId: '<img src=x onerror=document.title=1>' }))
    await page.locator('[data-job]').waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.title()).toBe('express-smile-id')
  }, 60_000)

  test('a page of another origin reads and sends nothing', async () => {
    const { page: url, target } = await runningListen()
    await post(target, genuine())
    const evil = createServer((_req, res) =>
      res.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>evil</title>'),
    )
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      evil.close()
      evil.closeAllConnections()
    })
    const { port } = evil.address() as { port: number }
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    // Even with the token, which it cannot know.
    const tried = await page.evaluate<string[]>(`(async (at) => {
      const read = (path, init) => fetch(at + path, init).then((answer) => answer.type + ' ' + answer.status, () => 'refused')
      const frame = document.createElement('iframe')
      frame.src = at
      document.body.append(frame)
      const stream = await new Promise((resolve) => {
        const source = new EventSource(at + 'events')
        source.addEventListener('delivery', () => resolve('read'))
        source.onerror = () => resolve('refused')
      })
      return [await read(''), await read('data/1'), await read('send', { method: 'POST', body: '{"what":"forgery"}', mode: 'no-cors' }), stream]
    })(${JSON.stringify(url)})`)
    expect(tried.filter((one) => one !== 'refused' && one !== 'opaque 0')).toEqual([])
    const { page: own } = await open(url)
    await row(own, 1).waitFor()
    expect(await own.locator('[data-n]').count()).toBe(1)
  }, 60_000)

  test('beside an app: its handlers are called, and its answers are shown', async () => {
    const { page: url, target, events } = await runningBesideApp()
    const { page } = await open(url)
    await page.getByRole('button', { name: 'Next callback' }).click()
    await headline(page, 1, '200 accepted').waitFor()
    await post(target, forged())
    await headline(page, 2, '401 signature_mismatch').waitFor()
    expect(events).toMatchObject([{ kind: 'id_info' }])
  }, 60_000)
})
