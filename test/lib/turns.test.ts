import { expect, test } from 'vitest'
import { Turns } from '../../src/lib/limits.ts'

/** Runs named work under keys; each ends once it has begun and was told to. */
function working() {
  const turns = new Turns()
  const log: string[] = []
  const orders = new Map<string, ReturnType<typeof order>>()
  const orderOf = (name: string) => {
    const known = orders.get(name) ?? order()
    orders.set(name, known)
    return known
  }
  const run = (name: string, key = 'job', signal = new AbortController().signal) => {
    const act = async (waitedMs = 0) => {
      log.push(waitedMs > 0 ? `${name} waited` : name)
      const error = await orderOf(name).given
      if (error) throw error
      return `${name} ran`
    }
    return turns.runNow(key, act) ?? turns.runNext(key, act, signal, () => `${name} gave up`)
  }
  const end = (name: string, error?: Error) => {
    orderOf(name).give(error)
  }
  return { log, run, end }
}

function order() {
  let give!: (error?: Error) => void
  const given = new Promise<Error | undefined>((resolve) => (give = resolve))
  return { given, give }
}

test('work of one key runs in the order in which it came, that of another beside it', async () => {
  const { log, run, end } = working()
  const [first, second, third, other] = [run('first'), run('second'), run('third'), run('other', 'another job')]
  expect(log).toEqual(['first', 'other'])
  end('first')
  expect(await first).toBe('first ran')
  end('second')
  expect(await second).toBe('second ran')
  end('third')
  end('other')
  expect(await Promise.all([third, other])).toEqual(['third ran', 'other ran'])
  expect(log).toEqual(['first', 'other', 'second waited', 'third waited'])
  const again = run('again')
  end('again')
  await again
  expect(log.at(-1)).toBe('again')
})

test('a failure hands the turn on', async () => {
  const { run, end } = working()
  const [first, second] = [run('first'), run('second')]
  end('first', new Error('of the work'))
  await expect(first).rejects.toThrow('of the work')
  end('second')
  expect(await second).toBe('second ran')
})

test('one that gives up lets no later one pass those before it', async () => {
  const { log, run, end } = working()
  const patience = new AbortController()
  const [first, second, third] = [run('first'), run('second', 'job', patience.signal), run('third')]
  patience.abort()
  expect(await second).toBe('second gave up')
  expect(await run('fourth', 'job', AbortSignal.abort())).toBe('fourth gave up')
  expect(log).toEqual(['first'])
  end('first')
  await first
  end('third')
  expect(await third).toBe('third ran')
  expect(log).toEqual(['first', 'third waited'])
})

test('one whose turn has come does not give up any more', async () => {
  const { run, end } = working()
  const patience = new AbortController()
  const [first, second] = [run('first'), run('second', 'job', patience.signal)]
  end('first')
  await first
  patience.abort()
  end('second')
  expect(await second).toBe('second ran')
})
