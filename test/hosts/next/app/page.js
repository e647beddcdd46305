export default function Page() {
  return <p>A Next app.</p>
}
