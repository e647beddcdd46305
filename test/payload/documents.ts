import * as z from 'zod'
import { products } from '../../src/types/names.ts'
import { payloadSchemas, schemaNameOf, type SchemaName } from '../../src/payload/schema.ts'

type Document = Record<string, unknown>

/** JSON Schema (draft 2020-12) of every payload, by name. */
export function jsonSchemas(): Record<SchemaName, Document> {
  const entries = Object.entries(payloadSchemas).map(([name, schema]) => [
    name,
    { title: name, ...z.toJSONSchema(schema) },
  ])
  return Object.fromEntries(entries) as Record<SchemaName, Document>
}

/**
 * An AsyncAPI 3 document of the callbacks: one message per product and generation. It names the schemas' files, which
 * lie beside it.
 */
export function asyncApi(): Document {
  const cells = products.flatMap((product) =>
    (['v1', 'v3'] as const).map((shape) => ({ product, shape, name: `${product}.${shape}` })),
  )
  const ref = (path: string) => ({ $ref: `#/${path}` })
  const messages = cells.map(({ product, shape, name }) => [
    name,
    {
      name,
      title: `${product}, ${shape}`,
      contentType: 'application/json',
      payload: ref(`components/schemas/${schemaNameOf(product, shape)}`),
      ...(shape === 'v3' && { headers: ref('components/schemas/v3.headers') }),
    },
  ])
  const header = { type: 'string' }
  const schemas = Object.keys(payloadSchemas).map((name) => [name, { $ref: `./${name}.schema.json` }])
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Smile ID callbacks',
      version: '1.0.0',
      description: 'What Smile ID POSTs to a callback URL, as express-smile-id reads it. Generated from its schemas.',
    },
    defaultContentType: 'application/json',
    channels: {
      callback: {
        address: null,
        description: 'The callback URL.',
        messages: Object.fromEntries(cells.map(({ name }) => [name, ref(`components/messages/${name}`)])),
      },
    },
    operations: {
      receiveCallback: {
        action: 'receive',
        channel: ref('channels/callback'),
        bindings: { http: { method: 'POST' } },
        messages: cells.map(({ name }) => ref(`channels/callback/messages/${name}`)),
      },
    },
    components: {
      messages: Object.fromEntries(messages) as Document,
      schemas: {
        'v3.headers': {
          type: 'object',
          required: ['Response-Signature', 'Response-Timestamp'],
          properties: {
            'Response-Signature': header,
            'Response-Timestamp': header,
            'Job-ID': header,
            'User-ID': header,
            'Api-Version': header,
          },
        },
        ...(Object.fromEntries(schemas) as Document),
      },
    },
  }
}
