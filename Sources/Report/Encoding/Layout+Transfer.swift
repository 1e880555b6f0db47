import Analyze

// Where the scores of a benchmark stand in report.json, as far as that is not under their own names. A number with its
// interval is an object of value, lower and upper.

extension ScoreRow: DomainRow {
    static var layout: ReportKeys<Self> { [\.benchmark: .hidden, \.domain: .hidden] }
}

extension ScoreSummary: ReportLayout {
    static var layout: ReportKeys<Self> {
        [
            \.bias: "bias.value", \.biasInterval: .ends("bias"), \.share: "share.value",
            \.shareInterval: .ends("share"), \.meanAbsoluteGap: "mean_absolute_gap.value",
            \.meanAbsoluteGapInterval: .ends("mean_absolute_gap"),
        ]
    }
}

extension TransferRow: DomainRow {
    static var layout: ReportKeys<Self> {
        [\.benchmark: .hidden, \.domain: .hidden, \.tau: "tau.value", \.interval: .ends("tau")]
    }
}

extension ClusterInterval: ReportRow {
    static var layout: ReportKeys<Self> { [\.kind: .hidden, \.interval: .ends("")] }
    var reportNames: [String] { [kind] }
}

extension SubsetTransfer: ReportLayout {
    static var layout: ReportKeys<Self> { [\.tau: "tau.value", \.interval: .ends("tau")] }
}

extension NullComparison: ReportRow {
    static var layout: ReportKeys<Self> {
        [\.kind: .hidden, \.isFirstOrder: "first_order", \.excess: "excess.value", \.excessInterval: .ends("excess")]
    }
    var reportNames: [String] { [kind] }
}

extension NullCalibration: ReportLayout {
    static var layout: ReportKeys<Self> { [\.rootMeanSquareError: "rms_error"] }
}

extension UpdateScalingResult: DomainRow {
    static var layout: ReportKeys<Self> { [\.benchmark: .hidden, \.domain: .hidden] }
}

extension UpdateScalingPoint: ReportLayout {
    static var layout: ReportKeys<Self> { [\.bias: "bias.value", \.interval: .ends("bias")] }
}

extension OddEvenPart: ReportLayout {
    static var layout: ReportKeys<Self> {
        [\.odd: "odd.value", \.oddInterval: .ends("odd"), \.even: "even.value", \.evenInterval: .ends("even")]
    }
}

extension Verdict: DomainRow {
    static var layout: ReportKeys<Self> { [\.benchmark: .hidden, \.domain: .hidden] }
}

extension DecidingNumber: ReportLayout {
    static var layout: ReportKeys<Self> {
        [\.quantity: .hidden, \.name: "name", \.interval: .ends(""), \.isWaived: .hidden]
    }
}
