import { explained } from '../explanation.ts'

/** Causes in the set-up of the receiver, and in what it depends on. */
export const setupTexts = {
  nothing_in_my_log: explained('Callbacks are due, and the log has no line of them.', 'No delivery reached the router: the callback URL has another path, or lacks a prefix (Nest, a sub-path of the proxy); something answers 413 or a redirect before the router; or the job was submitted with the URL of the other environment. A logger of yours may also drop warnings.', 'Run express-smile-id doctor --url with the URL that you gave to Smile ID. If all is well there, compare it with the callback URL of the job, and see explain other_environment.'),
  other_environment: explained('Callbacks go to the receiver of the other environment.', 'The callback URL in the portal, or of the job, is that of sandbox where production was meant, or the other way round. That receiver answers 401 signature_mismatch, since the keys differ.', 'Look at the log of the other receiver, and give each environment its own URL, with its own credentials.'),
  trust_proxy_true: explained("Express's 'trust proxy' is true, or a function that always says so.", 'Any sender can then choose its own address with a header.', "app.set('trust proxy', n) with the number of your proxies, or their addresses. Where the host sets it (Google's functions framework): the option clientIp."),
  trust_proxy_too_large: explained("Express's 'trust proxy' is a number larger than that of the proxies.", 'A delivery came through fewer proxies. A sender can then choose its own address with a header.', "app.set('trust proxy', n) with the number of your proxies."),
  trust_proxy_off: explained("Deliveries come through a proxy, and Express's 'trust proxy' is off.", "req.ip is then the proxy's address.", "app.set('trust proxy', n) with the number of your proxies, or their addresses."),
  default_addresses_in_sandbox: explained('An environment called sandbox uses the default addresses.', 'Smile ID publishes newer addresses for the sandbox, which are not in the default.', 'allowedIps: [...smileIdAddresses.published, ...smileIdAddresses.sandbox].'),
  memory_store_many_processes: explained('Several processes each keep their own memory of what was handled.', 'The default store is for one process alone; pm2 and cluster start several.', 'Use redisStore or postgresStore, so that all of them share one memory.'),
  mounted_without_router: explained('app.use was given the object that smileIdCallbacks returns.', 'Express takes its router. Without a path it says only "app.use() requires a middleware function".', 'app.use("/smile-id", callbacks.router).'),
  event_name_typo: explained('on() was given a name that no event has.', 'A typo. The message names the nearest known one.', 'Use an outcome, a kind, a product, or product.outcome.'),
  capture_failed: explained('captureRefused could not write a refused delivery.', 'Its folder cannot be made or written (EACCES, EROFS, ENOTDIR), or the disk is full (ENOSPC). The line says with which code.', 'Give it a folder that this process may write. Answers are not affected.'),
  // What doctor finds from outside.
  unreachable: explained('Nobody answers at this URL.', 'The app does not run, the port is another, or a firewall stands before it.', 'Start the app, and open the URL from the same machine.'),
  hung_up: explained('The connection was closed before a whole answer came.', 'The app ended or crashed, a proxy lost it, or what listens there wants https.', 'Look at the log of app and proxy, and compare http and https, and the port.'),
  other_protocol: explained('What answers at this URL does not speak the protocol that was asked.', 'https where plain HTTP is spoken or the other way round, or the port of something else.', 'Compare http and https, and the port.'),
  certificate: explained('The certificate of this host is not valid.', 'It expired, is for another name, or is self-signed. Smile ID would not deliver.', 'Renew it. Smile ID delivers to https alone.'),
  not_found: explained('The receiver answers 404.', 'The router is mounted at another path, behind a prefix (Nest, a sub-path of the proxy), or another app has this port.', 'Compare the path with app.use(path, callbacks.router), and with the prefix of framework and proxy.'),
  redirected: explained('The receiver answers with a redirect.', 'From http to https, or to the path with or without a slash at its end. Smile ID does not follow.', 'Give Smile ID the URL that the redirect leads to. Where it leads to itself, the proxy and the app each redirect to the other.'),
  body_limit: explained('Something before the router refuses large bodies.', 'A proxy or a parser with a smaller limit answers 413, cuts the body off, or hangs up.', raiseTo('nginx: client_max_body_size 2m; express.json({ limit: "2mb" })')),
  gateway_error: explained('A proxy answers in place of the app.', 'It cannot reach the app, or the app is too slow for it.', 'See its log. The app has to run, and to answer within its timeout.'),
  slow_answer: explained('No answer came within 35 s.', 'Smile ID gives up after that.', 'Store first and handle later: use an inbox.'),
  forgery_accepted: explained('A forged delivery was answered with success.', 'Whatever answers at this URL does not check signatures.', 'Mount callbacks.router at this path, and nothing before it that answers.'),
  other_answer: explained('Something else than this router answers.', 'The answer does not have the form that the router gives.', 'See which middleware, proxy or app answers at this path.'),
}

function raiseTo(examples: string): string {
  return `Raise it to 1.5 MB or more (${examples}).`
}
