// What AWS hands to a function, made from a request: REST API, HTTP API and load balancer, the body plain or as base64.
const lowerCased = (headers) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
const multi = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [String(value)]]))

export function eventOf(kind, { method, url, headers, body, ip }) {
  const [shape, form] = kind.split('-')
  const encoded = {
    body: body.length === 0 ? null : body.toString(form === 'base64' ? 'base64' : 'utf8'),
    isBase64Encoded: form === 'base64',
  }
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const query = Object.fromEntries(searchParams)
  switch (shape) {
    case 'rest':
      return {
        resource: '/{proxy+}',
        path: pathname,
        httpMethod: method,
        headers,
        multiValueHeaders: multi(headers),
        queryStringParameters: query,
        multiValueQueryStringParameters: null,
        pathParameters: null,
        stageVariables: null,
        requestContext: {
          identity: { sourceIp: ip },
          httpMethod: method,
          path: pathname,
          stage: 'prod',
          requestId: 'r',
        },
        ...encoded,
      }
    case 'http':
      return {
        version: '2.0',
        routeKey: '$default',
        rawPath: pathname,
        rawQueryString: searchParams.toString(),
        headers: lowerCased(headers),
        requestContext: {
          http: { method, path: pathname, protocol: 'HTTP/1.1', sourceIp: ip, userAgent: 'x' },
          stage: '$default',
          requestId: 'r',
          timeEpoch: Date.now(),
        },
        ...encoded,
      }
    default:
      return {
        requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:region:0:targetgroup/x/0' } },
        httpMethod: method,
        path: pathname,
        queryStringParameters: query,
        headers: {
          ...lowerCased(headers),
          'x-forwarded-for': ip,
          'x-forwarded-port': '443',
          'x-forwarded-proto': 'https',
        },
        ...encoded,
      }
  }
}
