import Analyze

extension ReportSections {
    /// What was expected before anything was changed, and what came of it.
    func forecastBlocks(_ result: Node<AttributionResult>) -> [Block] {
        guard let node = result.forecast.unwrapped(), !node().entries.isEmpty else {
            return [notComputed("Forecast", result, .forecast)]
        }
        let forecast = node()
        var text: [Inline] = [
            .strong(forecastLead(forecast)),
            """
             Before the run, each domain's bias was differentiated along the update that the optimiser would make of the \
            whole forget set: to first order, this is how far it will move. The order is compared, not the size, since \
            the run takes many steps. 
            """,
        ]
        if forecast.rankCorrelation != nil {
            text += ["Rank correlation over the study's domains ", n(node.rankCorrelation), ". "]
        }
        if forecast.rankCorrelationAll != nil {
            text += ["Over all labels of the benchmark ", n(node.rankCorrelationAll), ". "]
        }
        if forecast.p != nil { text += ["Exact one-sided p ", n(node.p, .probability), ". "] }
        if let reason = forecast.reason, forecast.rankCorrelation == nil || forecast.rankCorrelationAll == nil {
            let what = forecast.rankCorrelation == nil ? "Rank correlation" : "Rank correlation over all labels"
            text.append(.text("\(what): \(Self.notComputed); \(reason). "))
        }
        text.append("(Correlation of a first-order forecast with what happened.)")
        return [.paragraph(text), .pictures(forecastPicture(forecast), wide: false), .table(forecastTable(node))]
    }

    /// Forecast against measured, where there are several.
    private func forecastPicture(_ forecast: ForecastResult) -> [Picture] {
        let known = forecast.entries.compactMap { entry in
            entry.actual.map {
                ScatterPlot.Point(
                    label: entry.domain, index: isStudied(entry.domain) ? index(entry.domain) : nil,
                    x: entry.predicted, y: $0)
            }
        }
        guard known.count > 1 else { return [] }
        let plot = ScatterPlot(
            title: "Change of bias forecast and measured",
            summary: known.map {
                "\($0.label) forecast \(NumberText.text($0.x, .signed)), measured \(NumberText.text($0.y, .signed))"
            }.joined(separator: "; "),
            xLabel: "forecast, first order, nats per token", yLabel: "measured τ, nats per token", points: known)
        return [Picture(svg: plot.element)]
    }

    private func forecastLead(_ forecast: ForecastResult) -> String {
        guard let correlation = forecast.rankCorrelationAll ?? forecast.rankCorrelation else {
            return "A forecast was made; it cannot be compared with what happened."
        }
        if correlation <= 0 { return "No: the forecast did not order the domains as they moved." }
        guard let p = forecast.p, p < settings.alpha else {
            return "In part: the order was forecast, but chance may order so few domains as well."
        }
        return "Yes: which domains would move more was known before anything was changed."
    }

    private func forecastTable(_ forecast: Node<ForecastResult>) -> Table {
        Table(
            "Forecast and measured change, strongest predicted fall first", forecast.entries.nodes(),
            [
                .words("Domain") { [isStudied($0().domain) ? name($0().domain) : .text($0().domain)] },
                .number("Forecast", \.predicted, .signed), .number("Measured τ", \.actual, .signed),
                .number("Cosine", \.cosine, .signed), .orDash("Subspace overlap", \.overlap),
                .number("Shared harmful tokens", \.sharedWords, .percent), .number("Bias before", \.bias),
                .number("Items", \.items, .count),
            ])
    }
}
