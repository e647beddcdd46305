import { products, type Product } from '../../../types/names.ts'

const outcomes = ['approved', 'rejected', 'attention', 'error'] as const
const first: Product = 'biometric_kyc'

const options = (names: readonly string[], chosen: string): string =>
  names.map((name) => `<option${name === chosen ? ' selected' : ''}>${name}</option>`).join('')

/** Holds no delivered data: the script adds that, as text. */
export const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>express-smile-id</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script src="app.js" defer></script>
</head>
<body>
<header>
<h1>express-smile-id</h1>
<p>Deliver to <code id="target"></code></p>
<p id="status" role="status" class="dim">connecting</p>
</header>
<main>
<section class="controls" aria-labelledby="send">
<h2 id="send">Send</h2>
<label>Product<select id="product">${options(
  products.filter((name) => name !== 'unknown'),
  first,
)}</select></label>
<label>Ends<select id="outcome">${options(outcomes, 'approved')}</select></label>
<button type="button" data-send="next">Next callback</button>
<button type="button" data-send="duplicate">Duplicate</button>
<button type="button" data-send="forgery">Forgery</button>
<button type="button" data-send="out_of_order">Out of order</button>
</section>
<section aria-labelledby="deliveries">
<h2 id="deliveries">Deliveries</h2>
<p id="none" class="dim">None yet. Send one, or let Smile ID deliver to the address above.</p>
<ol id="list" class="deliveries"></ol>
</section>
<section aria-labelledby="jobs">
<h2 id="jobs">Jobs</h2>
<p id="nojobs" class="dim">A job appears with its first callback.</p>
<div id="joblist"></div>
</section>
</main>
</body>
</html>
`
