import Analyze
import LinearAlgebra
import Records

/// A small made-up space: a gender axis, three concepts and many control words.
struct DriftFixture {
    static let width = 16
    static let domains = [
        AnalysisDomain(name: "gender", role: .target), AnalysisDomain(name: "race", role: .transfer),
        AnalysisDomain(name: "age", role: .control),
    ]
    var before: Matrix<Float>
    var after: Matrix<Float>
    var rows: [DriftRowInfo]
    var words: [DriftWord]

    /// 12 gender words in 6 pairs, 10 race and 10 age words in two groups each, `controls` control words, and 12
    /// forgotten words of no concept.
    ///
    /// The first coordinate is the gender axis. Before and after are equal.
    init(seed: UInt64, controls: Int = 1_000) {
        var stream = RandomStream(seed: seed, label: "drift fixture")
        var rows: [DriftRowInfo] = []
        var words: [DriftWord] = []
        var elements: [Float] = []
        func add(_ name: String, isControl: Bool, offset: Float = 0) {
            for i in 0..<Self.width { elements.append(Float(stream.normal()) + (i == 0 ? offset : 0)) }
            rows.append(
                DriftRowInfo(
                    key: name, frequency: 1 + stream.index(below: 500), exposure: .unexposed, isControl: isControl))
        }
        for (domain, count) in [("gender", 12), ("race", 10), ("age", 10)] {
            for i in 0..<count {
                let row = rows.count
                add("\(domain)\(i)", isControl: false, offset: domain == "gender" ? (i % 2 == 0 ? 4 : -4) : 0)
                words.append(
                    DriftWord(
                        domain: domain, group: i % 2 == 0 ? "a" : "b", word: "\(domain)\(i)", rows: [row],
                        exposure: domain == "gender" ? .masked : .unexposed,
                        pair: domain == "gender" ? i / 2 : nil))
                if domain == "gender" { rows[row].exposure = .masked }
            }
        }
        for i in 0..<controls { add("control\(i)", isControl: true) }
        for i in 0..<12 {
            add("forgotten\(i)", isControl: true)
            rows[rows.count - 1].exposure = .masked
        }
        before = Matrix(rows: rows.count, columns: Self.width, elements: elements)
        after = before
        self.rows = rows
        self.words = words
    }

    /// Moves every row by noise of this size.
    mutating func addNoise(_ size: Double, seed: UInt64) {
        var stream = RandomStream(seed: seed, label: "drift noise")
        for i in after.elements.indices { after.elements[i] += Float(size * stream.normal()) }
    }

    /// Moves the words of a domain along the gender axis.
    mutating func push(_ domain: String, by amount: Float) {
        for word in words where word.domain == domain { for row in word.rows { after[row, 0] += amount } }
    }

    var side = SpaceSide.input

    var input: DriftInput {
        DriftInput(
            space: "space", side: side, before: before, after: after, rows: rows, words: words, domains: Self.domains)
    }

    /// The drift of this space alone, with fewer draws than a study takes.
    func analyse(draws: Int = 999) throws -> DriftResult { try Self.analyse(input, draws: draws) }

    /// The drift of a space alone.
    static func analyse(_ input: DriftInput, draws: Int = 999) throws -> DriftResult {
        var settings = AnalysisSettings()
        settings.controlDraws = draws
        var request = AnalysisRequest(domains: domains)
        request.settings = settings
        let result = try Analysis.run(RunRecords(), request, spaces: [input])
        return result.drift[0]
    }
}

extension DriftResult {
    /// A row of the table for a whole domain.
    func row(_ domain: String, _ metric: DriftMetric, commonRemoved: Bool = true) -> DriftRow? {
        clusters.first {
            $0.domain == domain && $0.group == nil && $0.metric == metric && $0.commonRemoved == commonRemoved
        }
    }
}
