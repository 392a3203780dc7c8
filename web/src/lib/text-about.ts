interface Section {
  heading: string;
  paragraphs?: string[];
  terms?: [string, string][];
}

/** The page that says how to read the map. */
export const about: { title: string; lead: string; sections: Section[] } = {
  title: 'Über diese Daten',
  lead: 'Die Karte zeigt, was gemessen wurde. Wo nichts gemessen wurde, bleibt sie weiß.',
  sections: [
    {
      heading: 'Drei Zustände',
      terms: [
        [
          'Versorgt / Mindestwert erfüllt',
          'Mobilfunk: Bei höchstens der Hälfte der Gerätestimmen fehlt das Gefragte, etwa irgendein Empfang oder 4G. Festnetz: Der gesetzliche Mindestwert wird erreicht.',
        ],
        [
          'Funkloch / unter Mindestwert',
          'Mobilfunk: Bei mehr als der Hälfte der Gerätestimmen fehlt das Gefragte. Festnetz: Der Mindestwert wird verfehlt.',
        ],
        [
          'Nicht gemessen',
          'Hier ist nichts bekannt, oder es haben zu wenige Geräte gemessen. Das ist weder gut noch schlecht und wird nie als einer der beiden anderen Zustände gezählt.',
        ],
      ],
    },
    {
      heading: 'Ein Gerät, eine Stimme',
      paragraphs: [
        'Ein Gerät, das hundertmal misst, zählt in jedem Kartenstück, in jeder Gemeinde und in jedem Kreis genauso viel wie eines, das einmal misst. Abgebrochene Verbindungen zählen als Versuch.',
      ],
    },
    {
      heading: 'Schutz der Messenden',
      paragraphs: [
        'Veröffentlicht wird ein Kartenstück nur, wenn mindestens neun verschiedene Geräte darin gemessen haben: Auch wer vier davon selbst besitzt, sieht nie weniger als fünf andere (k = 5). Kleinere Gruppen werden mit Nachbarn zu größeren Stücken zusammengelegt; Kartenstücke enden an der Gemeindegrenze.',
        'Genaue Positionen verlassen das Telefon nicht: Es sendet nur ein Sechseck. Es werden keine IP-Adressen gespeichert.',
      ],
    },
    {
      heading: 'Wie sicher ist eine Zahl?',
      paragraphs: [
        'Neben jedem Anteil steht ein 95-%-Intervall, die Zahl der Geräte und eine Aussagekraft von A (Intervall höchstens ± 10 Prozentpunkte) über B (± 15) und C (± 20) bis D (breiter). S steht für Messfahrten mit einem einzigen Gerät. Ein Kampagnenzeitraum erreicht höchstens B. Ränge stehen als Spanne; Gemeinden, die sich statistisch nicht unterscheiden, sind mit ≈ gekennzeichnet.',
      ],
    },
    {
      heading: 'Woher die Werte stammen',
      terms: [
        ['Bürgermessungen', 'Freiwillige Messungen mit Telefon, Browser oder Programm.'],
        [
          'Messfahrten',
          'Messungen mit bekannter Ausrüstung, etwa durch Behörden. Sie werden nie mit Bürgermessungen vermischt.',
        ],
        ['Meldungen', 'Angaben auf Papier oder im Formular.'],
        [
          'Simulierte Daten',
          'Erzeugte Werte zum Ausprobieren. Sie sagen nichts über die wirkliche Versorgung; jede Seite weist darauf hin.',
        ],
      ],
    },
    {
      heading: 'Was die Karte nicht ist',
      paragraphs: [
        'Keine Repräsentativerhebung und kein Ersatz für ein Markterkundungsverfahren. Sie zeigt gemessene Qualität, nicht die vorhergesagte Abdeckung und nicht, was an einer Adresse buchbar ist.',
      ],
    },
  ],
};
