import Analyze
import Records

extension ReportSections {
    /// One control that a domain's change is compared with.
    private struct Control {
        var row: Node<TransferRow>
        var label: String
        var median: Node<Double?>
        var lower: Node<Double?>
        var upper: Node<Double?>
        var p: Node<Double?>
        var draws: Node<Int>
        var band: ClosedRange<Double>?
        /// Whether the change goes beyond it; nil when too few draws allow no answer.
        var exceeds: Bool?
    }

    /// τ against everything that damage alone would give.
    func damageBlocks(_ result: Node<AttributionResult>) -> [Block] {
        let rows = transfers(result().benchmark).filter { $0().role != .target }
        let controls = rows.flatMap { self.controls($0, result) }
        guard !controls.isEmpty else { return [notComputed("Controls", result, .neutralWords)] }
        let lines = rows.map { row in damageLine(row, controls.filter { $0.row().domain == row().domain }, result) }
        let neutral = result().alignment.filter { item in rows.contains { $0().domain == item.domain } }
        return [
            .paragraph([
                .strong(damageLead(rows.map { $0() }, controls)),
                """
                 Damage moves every preference a little, so the change is compared with matched updates that have no \
                target: random updates of equal KL and runs that forget neutral words; and with preferences between \
                neutral words in the same model. A change caused by damage keeps its sign when the update is reversed; \
                that is its even part. (Interventions, except the neutral pairs, which compare two sets of items in \
                one model.)
                """,
            ]), .list(lines), .pictures([damagePicture(controls)], wide: true), .table(damageTable(controls)),
        ] + reasons(neutral.map { ("neutral pairs of \($0.domain)", $0.neutral) })
    }

    private func controls(_ row: Node<TransferRow>, _ result: Node<AttributionResult>) -> [Control] {
        var out = row.nulls.nodes().map { null -> Control in
            let (plain, holm) = probabilities(null, row)
            return Control(
                row: row, label: Self.updateName(null().kind), median: null.median.optional(),
                lower: null.lower.optional(), upper: null.upper.optional(),
                p: holm() == nil ? plain.optional() : holm, draws: null.count,
                band: ClosedRange(Interval(lower: null().lower, upper: null().upper)),
                exceeds: decided(holm() ?? plain(), floor: null().pFloor))
        }
        let alignment = result.alignment.nodes().first { $0().domain == row().domain }
        if let neutral = alignment?.neutral, neutral().value != nil {
            out.append(
                Control(
                    row: row, label: "neutral pairs", median: neutral.controlMedian, lower: neutral.controlLower,
                    upper: neutral.controlUpper, p: neutral.p, draws: neutral.controls,
                    band: ClosedRange(controlOf: neutral()),
                    exceeds: neutral().p.flatMap { decided($0, floor: 1 / Double(1 + neutral().controls)) }))
        }
        return out
    }

    private func decided(_ p: Double, floor: Double) -> Bool? {
        NullComparison.exceeds(p: p, floor: floor, alpha: settings.alpha)
    }

    private func damageLead(_ rows: [TransferRow], _ controls: [Control]) -> String {
        func domains(_ condition: ([Control]) -> Bool) -> [String] {
            rows.filter { row in
                let own = controls.filter { $0.row().domain == row.domain && $0.exceeds != nil }
                return row.direction != .undecided && !own.isEmpty && condition(own)
            }.map(\.domain)
        }
        let beyond = domains { $0.allSatisfy { $0.exceeds == true } }
        let within = domains { $0.contains { $0.exceeds == false } }
        let out = Self.sentences([
            (beyond, { "The change of \($0) exceeds general degradation." }),
            (within, { "For \($0), general degradation alone may change as much." }),
        ])
        return out.isEmpty ? nothingMoved : out.joined(separator: " ")
    }

    private func damageLine(_ row: Node<TransferRow>, _ controls: [Control], _ result: Node<AttributionResult>)
        -> [Inline]
    {
        guard row().direction != .undecided else {
            return [name(row().domain), ": the interval of its change holds 0, so it is not compared."]
        }
        let compared = [(true, "beyond "), (false, "not beyond ")].compactMap { holds, words -> [Inline]? in
            let those = controls.filter { $0.exceeds == holds }
            guard !those.isEmpty else { return nil }
            return [.text(words)]
                + those.map { [.text($0.label + " (p "), n($0.p, .probability), ")"] }.joined(by: ", ")
        }
        let undecided = controls.filter { $0.exceeds == nil }.map(\.label)
        let open: [[Inline]] =
            undecided.isEmpty ? [] : [[.text("too few draws to compare with \(undecided.inWords())")]]
        let scaling = benchmarks.first { $0().name == result().benchmark }?.updateScaling.nodes()
        let parts = scaling?.first { $0().domain == row().domain }?.atOne.unwrapped().map { part -> [[Inline]] in
            [["odd part ", n(part.odd, .signed), ", even part ", n(part.even, .signed)]]
        }
        return [name(row().domain), ": "] + (compared + open + (parts ?? [])).joined(by: "; ") + ["."]
    }

    private func damagePicture(_ controls: [Control]) -> Picture {
        let rows = controls.map { control in
            IntervalPlot.Row(
                label: control.label, index: index(control.row().domain), value: control.row().tau,
                interval: ClosedRange(control.row().interval), band: control.band, group: control.row().domain)
        }
        let plot = IntervalPlot(
            title: "Change of bias against its controls",
            summary: controls.map { "\($0.row().domain) against \($0.label)" }.joined(separator: ", "),
            xLabel: "τ, nats per token", rows: rows)
        return Picture(
            svg: plot.element, caption: ["Dot and line: τ with its interval. Grey band: 95 % of the control."])
    }

    private func damageTable(_ controls: [Control]) -> Table {
        Table(
            "τ against controls; p is one-sided, after Holm for untargeted updates with enough draws", controls,
            [
                .words("Domain") { [name($0.row().domain)] }, .words("Control") { [.text($0.label)] },
                .number("τ", \.row.tau, .signed), .orDash("Control median", \.median, .signed),
                .range("95 % band", \.lower, \.upper, .signed), .p("p", \.p), .number("Draws", \.draws, .count),
                .words("Reads as") { [.text(reading($0))] },
            ])
    }

    /// What a control says of a change; a change that may be 0 is not compared, however far the controls lie from it.
    private func reading(_ control: Control) -> String {
        if control.row().direction == .undecided { return "not compared" }
        return control.exceeds.map { $0 ? "beyond" : "within" } ?? "too few draws"
    }

    /// A kind of untargeted update as a reader says it.
    static func updateName(_ kind: String) -> String {
        switch kind {
        case "random-update": "random updates"
        case "neutral-words": "neutral words forgotten"
        default: kind
        }
    }
}
