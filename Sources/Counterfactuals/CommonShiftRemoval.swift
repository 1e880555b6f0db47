import LanguageModel

extension TransformerModel {
    /// A copy whose input embedding rows are all moved back by one vector, such as the shift that they have in common.
    ///
    /// - Parameter shift: as long as the rows are wide.
    package func movingInputEmbeddings(backBy shift: [Float]) -> TransformerModel {
        precondition(shift.count == inputEmbedding.shape[1], "a shift of another width")
        let model = copy()
        let rows = model.tensor(model.inputEmbedding)
        for row in 0..<inputEmbedding.shape[0] {
            for i in shift.indices { rows[row * shift.count + i] -= shift[i] }
        }
        return model
    }
}
