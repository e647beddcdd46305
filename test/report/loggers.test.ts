import { Writable } from 'node:stream'
import bunyan from 'bunyan'
import log4js from 'log4js'
import { pino } from 'pino'
import winston from 'winston'
import { expect, test } from 'vitest'
import { smileIdCallbacks, type Logger } from '../../src/index.ts'
import { senderIp, testOptions, v3Delivery } from '../support/deliveries.ts'

// The real loggers, as apps set them up: each has to show the sentence, none [object Object] or single letters.

const sentence = 'express-smile-id: signature_missing status=401'

async function written(make: (sink: Writable) => Logger): Promise<string> {
  const parts: string[] = []
  const sink = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      parts.push(String(chunk))
      done()
    },
  })
  const callbacks = smileIdCallbacks({ ...testOptions, logger: make(sink) })
  await callbacks.receive({ ...v3Delivery(), headers: {}, clientIp: senderIp })
  await new Promise((resolve) => setImmediate(resolve))
  return parts.join('')
}

const { combine, errors, json, printf, simple, splat, timestamp } = winston.format
const ofWinston = (format: winston.Logform.Format) => (stream: Writable) => {
  const transport: unknown = new winston.transports.Stream({ stream })
  return winston.createLogger({ format, transports: transport as winston.transport })
}

const loggers: [string, (sink: Writable) => Logger][] = [
  ['winston, json', ofWinston(json())],
  ['winston, simple', ofWinston(simple())],
  [
    'winston, printf',
    ofWinston(
      combine(
        timestamp(),
        printf(({ level, message }) => `${level}: ${String(message)}`),
      ),
    ),
  ],
  ['winston, splat', ofWinston(combine(errors({ stack: true }), splat(), json()))],
  ['a child of winston', (sink) => ofWinston(json())(sink).child({ service: 'kyc' })],
  ['pino', (sink) => pino(sink)],
  ['bunyan', (stream) => bunyan.createLogger({ name: 'app', streams: [{ stream, level: 'debug' }] })],
  [
    'log4js',
    (sink) => {
      const appender = { configure: () => (event: log4js.LoggingEvent) => sink.write(event.data.map(String).join(' ')) }
      log4js.configure({
        appenders: { sink: { type: appender } },
        categories: { default: { appenders: ['sink'], level: 'debug' } },
      })
      return log4js.getLogger()
    },
  ],
]

test.each(loggers)('%s shows the sentence', async (name, make) => {
  const text = await written(make)
  expect(text).toContain(sentence)
  if (name.startsWith('winston')) expect(text).not.toContain('[object Object]')
})

test('winston keeps the facts', async () => {
  const facts = JSON.parse(await written(ofWinston(json()))) as object
  expect(facts).toMatchObject({ level: 'warn', code: 'signature_missing', status: 401 })
})

test('levels without warn and error are refused at start', () => {
  const logger = winston.createLogger({ levels: winston.config.syslog.levels }) as never
  expect(() => smileIdCallbacks({ ...testOptions, logger })).toThrow(
    expect.objectContaining({ code: 'logger_invalid' }),
  )
})
