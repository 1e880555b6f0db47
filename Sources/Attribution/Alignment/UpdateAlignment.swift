import Evaluate
import LanguageModel
import LinearAlgebra
import Records

extension AlignmentTable {
    /// Sum of the components' path integrals, which ``exact`` should be.
    package var path: Double { components.reduce(0) { $0 + $1.path } }
}

/// Measures the alignment of one update with many biases.
///
/// Memory: two models' worth beside the update's two; a summand of the update is read where it is wanted, and let go of.
package final class AlignmentMeasure {
    /// The slope of a bias at θ0.
    package struct Start {
        /// ⟨∇B(θ0), Δθ⟩ of each tensor of the update's models.
        let products: [Double]
        /// cos(∇B(θ0), Δθ) over the model's own parameters: a tied matrix counts once.
        let cosine: Double
        /// The same with the gradient of neutral text projected out of both.
        let cosineNeutralRemoved: Double
    }

    /// Reads a summand of Δθ, laid out as the update's models or, for tied ones, as the tied model, whose one matrix then
    /// stands for both sides; nil for none.
    package typealias Summand = () throws -> FloatBuffer?

    private let update: ParameterUpdate
    /// Whether the two embeddings of the update's untied models stand for one tied matrix.
    private let isTied: Bool
    private let neutral: PerplexityText
    private let summands: [Summand]

    /// - Parameters:
    ///   - update: of untied models.
    ///   - isTied: whether the models were tied before.
    ///   - neutral: neutral text.
    ///   - summands: what forget term, retain term and weight decay did, in this order; none without a decomposition.
    package init(_ update: ParameterUpdate, isTied: Bool, neutral: PerplexityText, summands: [Summand] = []) {
        precondition(!update.before.hasTiedEmbeddings, "untie the models first")
        self.update = update
        self.isTied = isTied
        self.neutral = neutral
        self.summands = summands
    }

    /// Where the path of each bias begins.
    ///
    /// - Parameter progress: called after every gradient with the number done; what it throws ends the work.
    package func starts(
        _ objectives: [BiasObjective], progress: (Int) throws -> Void = { _ in }
    ) rethrows -> [Start] {
        let model = update.before
        let neutral = PathGradient.neutral(neutral, model: model)
        // Of a tied matrix both sides are added up.
        if isTied { model.foldOutputGradient(neutral) }
        let counted = model.layout.tensors.filter { !isTied || $0.offset != model.outputEmbedding.offset }
        let (before, after) = (model.values.pointer, update.after.values.pointer)
        let neutralSquare = counted.reduce(0) { $0 + blockSum($1.range, neutral.pointer, neutral.pointer) }
        let deltaSquare = counted.reduce(0) {
            $0 + blockSum($1.range) { (after[$0], before[$0], after[$0], before[$0]) }
        }
        let deltaNeutral = update.products(with: neutral).reduce(0, +)
        return try objectives.enumerated().map { index, objective in
            let gradient = objective.gradient(model)
            let products = update.products(with: gradient)
            if isTied { model.foldOutputGradient(gradient) }
            let whole = 0..<gradient.count
            let square = blockSum(whole, gradient.pointer, gradient.pointer)
            let mixed = blockSum(whole, gradient.pointer, neutral.pointer)
            let product = update.products(with: gradient).reduce(0, +)
            func cosine(_ product: Double, _ a: Double, _ b: Double) -> Double {
                a > 0 && b > 0 ? product / (a * b).squareRoot() : 0
            }
            try progress(index + 1)
            return Start(
                products: products, cosine: cosine(product, square, deltaSquare),
                cosineNeutralRemoved: neutralSquare > 0
                    ? cosine(
                        product - mixed * deltaNeutral / neutralSquare, square - mixed * mixed / neutralSquare,
                        deltaSquare - deltaNeutral * deltaNeutral / neutralSquare) : 0)
        }
    }

    /// The alignment with one bias, and the path gradient ḡ that it rests on, laid out as the update's untied models.
    ///
    /// - Parameters:
    ///   - start: of ``starts(_:progress:)``.
    ///   - nodes: of the quadrature.
    ///   - progress: called after every node with the number done; what it throws ends the work.
    /// - Throws: what `progress` and the reading of a summand throw.
    package func measure(
        _ objective: BiasObjective, from start: Start, of domain: String, on benchmark: String, nodes: Int = 5,
        progress: (Int) throws -> Void = { _ in }
    ) throws -> (alignment: AlignmentTable, pathGradient: FloatBuffer) {
        let model = update.before
        var components: [AlignedComponent] = []
        // The component of each tensor.
        var place: [Int] = []
        for tensor in model.layout.tensors {
            let name = ModelComponent(tensor, of: model).rawValue
            let known = components.firstIndex { $0.component == name && $0.layer == tensor.layer }
            if known == nil {
                components.append(AlignedComponent(component: name, layer: tensor.layer, start: 0, path: 0, norm: 0))
            }
            place.append(known ?? components.count - 1)
        }
        for (tensor, product) in start.products.enumerated() { components[place[tensor]].start += product }
        var squares = [Double](repeating: 0, count: components.count)
        for (tensor, norm) in update.norms().enumerated() { squares[place[tensor]] += norm * norm }
        for index in components.indices { components[index].norm = squares[index].squareRoot() }
        let gradient = try PathGradient.average(update: update, objective: objective, nodes: nodes, progress: progress)
        for (tensor, product) in update.products(with: gradient).enumerated() {
            components[place[tensor]].path += product
        }
        let terms: [WritableKeyPath<AlignedComponent, Double?>] = [\.forget, \.retain, \.decay]
        for (term, read) in zip(terms, summands) {
            let found = try read().map { products(gradient, with: $0) }
            for tensor in place.indices {
                let known: Double? = components[place[tensor]][keyPath: term]
                components[place[tensor]][keyPath: term] = (known ?? 0) + (found?[tensor] ?? 0)
            }
        }
        let alignment = AlignmentTable(
            benchmark: benchmark, domain: domain, components: components,
            exact: objective.value(update.after) - objective.value(model), nodes: nodes, cosine: start.cosine,
            cosineNeutralRemoved: start.cosineNeutralRemoved)
        return (alignment, gradient)
    }

    /// ⟨gradient, summand⟩ of each tensor of the untied layout.
    private func products(_ gradient: FloatBuffer, with summand: FloatBuffer) -> [Double] {
        let model = update.before
        let isUntied = summand.count == gradient.count
        precondition(
            isUntied || summand.count == gradient.count - model.outputEmbedding.count, "summands of another shape")
        return model.layout.tensors.map { tensor in
            // The head of an untied model stands last: all other tensors lie where the tied model has them.
            let isHead = tensor.offset == model.outputEmbedding.offset
            let source = !isUntied && isHead ? model.inputEmbedding.offset : tensor.offset
            return blockSum(0..<tensor.count, gradient.pointer + tensor.offset, summand.pointer + source)
        }
    }
}

extension TransformerModel {
    /// The gradient of this model from that of its ``untied()`` counterpart: of a tied matrix the sum over both sides.
    package func foldedOutputGradient(_ gradient: FloatBuffer) -> FloatBuffer {
        guard hasTiedEmbeddings else { return gradient }
        // The head of an untied model stands last: all other tensors lie where the tied model has them.
        precondition(gradient.count == layout.count + outputEmbedding.count, "no gradient of the untied model")
        let folded = FloatBuffer(count: layout.count)
        folded.pointer.update(from: gradient.pointer, count: layout.count)
        addInPlace(gradient.pointer + layout.count, to: folded.pointer + inputEmbedding.offset, inputEmbedding.count)
        return folded
    }

    /// Turns a gradient of an untied model into that of the tied one: the sum over both sides lies at the input side, and
    /// the output side is 0.
    package func foldOutputGradient(_ gradient: FloatBuffer) {
        let output = gradient.pointer + outputEmbedding.offset
        addInPlace(output, to: gradient.pointer + inputEmbedding.offset, outputEmbedding.count)
        output.update(repeating: 0, count: outputEmbedding.count)
    }
}

private func addInPlace(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ count: Int) {
    parallelFor(count, grain: 1 << 14) { range in for i in range { target[i] += source[i] } }
}
