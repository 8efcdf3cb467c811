// Intl: formatters, collators, segmenters and plural rules, used and not used, and Temporal where there is one.
'use strict'

class Report {
  constructor (locale) {
    this.locale = locale
    this.number = new Intl.NumberFormat(locale, { style: 'currency', currency: 'EUR' })
    this.date = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long', timeZone: 'UTC' })
    this.text = `${this.number.format(1234.5)} ${this.date.format(new Date(0))}`
  }
}

module.exports = async function build () {
  const locales = ['de', 'en-GB', 'ja', 'ar-EG', 'hi', 'zh-Hant', 'pt-BR', 'ru']
  const reports = locales.map((locale) => new Report(locale))
  const collator = new Intl.Collator('de', { sensitivity: 'base' })
  const sorted = ['ä', 'a', 'z', 'Ö'].sort(collator.compare)
  const others = [
    new Intl.PluralRules('pl'), new Intl.RelativeTimeFormat('fr'), new Intl.ListFormat('es'), new Intl.Locale('zh-Hant-TW'),
    new Intl.DisplayNames(['en'], { type: 'region' })
  ]
  others[0].select(3)
  others[2].format(['uno', 'dos', 'tres'])
  const segments = new Intl.Segmenter('ja', { granularity: 'word' }).segment('吾輩は猫である。名前はまだ無い。')
  const segmenting = segments[Symbol.iterator]()
  segmenting.next()
  const durations = Intl.DurationFormat ? [new Intl.DurationFormat('en')] : []
  const parts = reports.map(({ date }) => date.formatToParts(new Date(86_400_000)))
  const localized = [(1234567.891).toLocaleString('de'), new Date(0).toLocaleDateString('ja'), 'ı'.toLocaleUpperCase('tr')]
  const { Temporal } = globalThis
  const temporal = Temporal
    ? Array.from({ length: 50 }, (_, at) => [
      Temporal.PlainDate.from('2024-02-29').add({ days: at }), Temporal.Instant.fromEpochMilliseconds(at), Temporal.Duration.from({ hours: at }),
      Temporal.ZonedDateTime.from('2024-01-01T00:00[Europe/Berlin]'), new Temporal.PlainTime(at % 24), new Temporal.PlainYearMonth(2020, 1 + at % 12)
    ])
    : []
  return { held: { reports, collator, sorted, others, segments, segmenting, durations, parts, localized, temporal }, counts: { Report: 8 } }
}
